#include <algorithm>
#include <utility>

#include "map/map_source.hpp"
#include "map/most_attended.hpp"
#include "saccade/error.hpp"
#include "saccade/tensor_file.hpp"
#include "shell/figures.hpp"
#include "shell/token_names.hpp"

namespace saccade::command {
namespace {

/// Probabilities of one sequence, in a file of tensors.
class ProbabilitiesSource : public MapSource {
 public:
  ProbabilitiesSource(const std::filesystem::path& path, const std::filesystem::path& names,
                      std::int64_t sequence, const std::vector<std::int64_t>& rows);

  const std::vector<std::string>& tokens() const override { return tokens_; }
  AttentionMap read(const MapSelection& selection) override;
  TopMap read_top(const MapSelection& selection, std::int64_t k) override;

 private:
  [[nodiscard]] const TensorInfo& find_tensor(std::int64_t sequence) const;
  void place_rows(const std::vector<std::int64_t>& rows);
  void name_tokens(const std::filesystem::path& names, std::int64_t sequence);
  [[nodiscard]] std::vector<std::int64_t> queries(const MapSelection& selection) const;
  void append_row(std::int64_t layer, std::int64_t head, std::int64_t query,
                  std::vector<float>& values) const;
  void append_mean(std::int64_t layer, std::int64_t query, std::vector<float>& values) const;

  TensorFile file_;
  std::string tensor_;
  std::int64_t layers_ = 1, heads_ = 1, queries_ = 0, keys_ = 0;
  bool has_layers_ = false, is_mean_ = false;
  std::vector<std::int64_t> rows_;  ///< positions of the query rows
  std::string text_;
  std::vector<std::string> tokens_;
};

ProbabilitiesSource::ProbabilitiesSource(const std::filesystem::path& path,
                                         const std::filesystem::path& names, std::int64_t sequence,
                                         const std::vector<std::int64_t>& rows)
    : file_(TensorFile::open(path)) {
  const TensorInfo& info = find_tensor(sequence);
  tensor_ = info.name;
  const auto& shape = info.shape;
  if (shape.size() < 2 || shape.size() > 4)
    throw Error(ErrorCode::file_format, path.string() + ": " + tensor_ + " is " + shape_text(shape) +
                                            "; expected [heads, queries, keys], with layers before them or "
                                            "without heads");
  has_layers_ = shape.size() == 4;
  is_mean_ = shape.size() == 2;
  if (has_layers_) layers_ = shape[0];
  if (!is_mean_) heads_ = shape[shape.size() - 3];
  queries_ = shape[shape.size() - 2];
  keys_ = shape.back();
  place_rows(rows);
  name_tokens(names, sequence);
}

const TensorInfo& ProbabilitiesSource::find_tensor(std::int64_t sequence) const {
  const std::string name = "probabilities_" + std::to_string(sequence);
  for (const std::string& wanted : {name, "mean_" + name})
    if (const TensorInfo* const found = file_.find(wanted)) return *found;
  if (file_.tensors().size() == 1 && sequence == 0) return file_.tensors().front();
  return file_.at(name);
}

void ProbabilitiesSource::name_tokens(const std::filesystem::path& names, std::int64_t sequence) {
  if (names.empty()) {
    for (std::int64_t key = 0; key < keys_; ++key) tokens_.push_back(std::to_string(key));
    return;
  }
  std::vector<TokenNames> all = read_token_names(names);
  require_number("sequence of " + names.string(), sequence, static_cast<std::int64_t>(all.size()));
  TokenNames& found = all[static_cast<std::size_t>(sequence)];
  if (found.tokens.size() != static_cast<std::size_t>(keys_))
    throw Error(ErrorCode::invalid_argument,
                names.string() + ": has " +
                    count_of(static_cast<std::int64_t>(found.tokens.size()), "token") + " for sequence " +
                    std::to_string(sequence) + "; " + tensor_ + " has " + count_of(keys_, "key"));
  text_ = std::move(found.text);
  tokens_ = std::move(found.tokens);
}

void ProbabilitiesSource::place_rows(const std::vector<std::int64_t>& rows) {
  rows_ = rows;
  // The queries are the last positions, as in attention over a cache.
  for (std::int64_t query = 0; rows.empty() && query < queries_; ++query)
    rows_.push_back(keys_ - queries_ + query);
  const bool fits =
      static_cast<std::int64_t>(rows_.size()) == queries_ &&
      std::all_of(rows_.begin(), rows_.end(), [&](auto row) { return row >= 0 && row < keys_; });
  if (!fits)
    throw Error(ErrorCode::invalid_argument, tensor_ + " has " + count_of(queries_, "query row") + " for " +
                                                 count_of(keys_, "key") +
                                                 "; --rows has to name the position of each");
}

/// The rows of the file to show.
std::vector<std::int64_t> ProbabilitiesSource::queries(const MapSelection& selection) const {
  std::vector<std::int64_t> wanted;
  for (std::int64_t query = 0; query < queries_; ++query)
    if (!selection.query || rows_[static_cast<std::size_t>(query)] == *selection.query)
      wanted.push_back(query);
  if (wanted.empty() && selection.query)
    throw Error(ErrorCode::invalid_argument, tensor_ + " has no row for the token at position " +
                                                 std::to_string(*selection.query) + "; --rows names them");
  return wanted;
}

void ProbabilitiesSource::append_row(std::int64_t layer, std::int64_t head, std::int64_t query,
                                     std::vector<float>& values) const {
  const std::size_t begin = values.size();
  values.resize(begin + static_cast<std::size_t>(keys_));
  file_.read(tensor_, ((layer * heads_ + head) * queries_ + query) * keys_, std::span(values).subspan(begin));
}

void ProbabilitiesSource::append_mean(std::int64_t layer, std::int64_t query,
                                      std::vector<float>& values) const {
  std::vector<double> sums(static_cast<std::size_t>(keys_));
  std::vector<float> row;
  for (std::int64_t head = 0; head < heads_; ++head) {
    row.clear();
    append_row(layer, head, query, row);
    for (std::size_t key = 0; key < row.size(); ++key) sums[key] += static_cast<double>(row[key]);
  }
  for (const double sum : sums) values.push_back(static_cast<float>(sum / static_cast<double>(heads_)));
}

AttentionMap ProbabilitiesSource::read(const MapSelection& selection) {
  const std::int64_t first_layer = selection.layer.value_or(0);
  const std::int64_t last_layer = selection.layer.value_or(selection.layers_to.value_or(layers_ - 1));
  require_number("layer", last_layer, layers_);
  if (selection.head) require_number("head", *selection.head, heads_);
  AttentionMap map;
  map.text = text_;
  map.tokens = tokens_;
  const std::vector<std::int64_t> wanted = queries(selection);
  for (const std::int64_t query : wanted) map.positions.push_back(rows_[static_cast<std::size_t>(query)]);
  const std::int64_t first_head = selection.head.value_or(0);
  const std::int64_t last_head = selection.mean ? 0 : selection.head.value_or(heads_ - 1);
  for (std::int64_t layer = first_layer; layer <= last_layer; ++layer)
    map.layers.push_back(has_layers_ ? "layer " + std::to_string(layer) : "");
  for (std::int64_t head = first_head; head <= last_head; ++head)
    map.heads.push_back(selection.mean ? "mean of " + count_of(heads_, "head")
                        : is_mean_     ? "mean over heads"
                                       : "head " + std::to_string(head));
  reserve_probabilities(map);
  for (std::int64_t layer = first_layer; layer <= last_layer; ++layer) {
    for (std::int64_t head = first_head; head <= last_head; ++head) {
      for (const std::int64_t query : wanted) {
        if (selection.mean) append_mean(layer, query, map.probabilities);
        if (!selection.mean) append_row(layer, head, query, map.probabilities);
      }
    }
  }
  return map;
}

TopMap ProbabilitiesSource::read_top(const MapSelection& selection, std::int64_t k) {
  return most_attended(read(selection), static_cast<std::size_t>(k));
}

}  // namespace

std::unique_ptr<MapSource> open_probabilities(const std::filesystem::path& path,
                                              const std::filesystem::path& names, std::int64_t sequence,
                                              const std::vector<std::int64_t>& rows) {
  return std::make_unique<ProbabilitiesSource>(path, names, sequence, rows);
}

void require_number(const std::string& thing, std::int64_t number, std::int64_t count) {
  if (number < 0 || number >= count)
    throw Error(ErrorCode::invalid_argument, "there is no " + thing + " " + std::to_string(number) +
                                                 "; expected 0 to " + std::to_string(count - 1));
}

}  // namespace saccade::command
