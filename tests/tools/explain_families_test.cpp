// `saccade explain` over encoders of each family: what positions do to queries and scores is said, and
// computed.

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "fixtures/expect_error.hpp"
#include "fixtures/test_data.hpp"
#include "tools/map_file.hpp"

namespace saccade::test {
namespace {

namespace fs = std::filesystem;

/// A stored encoder, which has no tokenizer, with one of made-up words: w20 is token 20.
class WordyEncoder {
 public:
  explicit WordyEncoder(const fs::path& directory)
      : config_(nlohmann::json::parse(read_bytes(directory / "config.json"))) {
    for (const char* name : {"config.json", "model.safetensors"})
      fs::create_symlink(fs::absolute(directory / name), folder_ / name);
    std::vector<std::string> names(config_.at("vocab_size").get<std::size_t>());
    for (std::size_t id = 0; id < names.size(); ++id) names[id] = "w" + std::to_string(id);
    names.at(id_of({"pad_token_id"}, 0)) = "[PAD]";
    names.at(id_of({"cls_token_id", "bos_token_id"}, 5)) = "[CLS]";
    names.at(id_of({"sep_token_id", "eos_token_id"}, 6)) = "[SEP]";
    names.at(10) = "[UNK]";
    names.at(11) = "[MASK]";
    std::string vocabulary;
    for (const std::string& name : names) vocabulary += name + "\n";
    folder_.write("vocab.txt", vocabulary);
  }
  [[nodiscard]] Finished run(const std::string& subcommand, const Arguments& more) const {
    std::string text;
    for (int word = 20; word < 60; ++word) text += "w" + std::to_string(word) + " ";
    Arguments arguments = {subcommand, text, "--model", folder_.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_command(arguments);
  }
  [[nodiscard]] std::string explain(const Arguments& more) const {
    const Finished finished = run("explain", more);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return finished.out;
  }
  [[nodiscard]] int layers() const {
    return config_.contains("n_layers") ? config_.at("n_layers") : config_.at("num_hidden_layers");
  }

 private:
  [[nodiscard]] std::size_t id_of(std::initializer_list<const char*> keys, std::size_t otherwise) const {
    for (const char* key : keys)
      if (config_.contains(key) && config_.at(key).is_number()) return config_.at(key);
    return otherwise;
  }

  nlohmann::json config_;
  TemporaryFolder folder_;
};

/// The stored encoder of that name; none, with a message, where there is no test data.
std::vector<fs::path> stored_encoder(const std::string& name) {
  std::vector<fs::path> found;
  for (const fs::path& weights : test_data("hf-encoders", ".safetensors"))
    if (weights.parent_path().filename() == name) found.push_back(weights.parent_path());
  return found;
}

/// The numbers of a matrix in `text`, as far as they are shown; hidden scores are -infinity.
std::vector<std::vector<double>> matrix_of(const std::string& text, const std::string& title) {
  const std::size_t begin = text.find(title);
  REQUIRE(begin != std::string::npos);
  std::istringstream lines(text.substr(begin));
  std::string line, token, word;
  std::getline(lines, line);
  std::vector<std::vector<double>> rows;
  while (std::getline(lines, line) && !line.empty() && line.find("more token") == std::string::npos) {
    std::istringstream words(line);
    words >> token;
    rows.emplace_back();
    while (words >> word && word != "...")
      rows.back().push_back(word == "hidden" ? -HUGE_VAL : std::stod(word));
  }
  REQUIRE(rows.size() == 12);
  REQUIRE(rows[0].size() == 6);
  return rows;
}

constexpr double last_digit = 1e-4;

}  // namespace

TEST_CASE("explain agrees with the engine in every layer of every family") {
  for (const fs::path& weights : test_data("hf-encoders", ".safetensors")) {
    const WordyEncoder encoder(weights.parent_path());
    for (int layer = 0; layer < encoder.layers(); ++layer) {
      INFO(weights, " layer ", layer);
      check_contains(encoder.explain({"--matrix", "--layer", std::to_string(layer)}),
                     {"they agree, as fp32 rounds"});
    }
  }
}

TEST_CASE("MPNet: each distance has a number of its own, which is added to the scores") {
  for (const fs::path& directory : stored_encoder("mpnet")) {
    const WordyEncoder encoder(directory);
    const std::string text = encoder.explain({"--matrix", "--layer", "1", "--head", "2"});
    check_contains(text,
                   {"Q = X W_Q^T + b_Q  [", "Then biased", "learnt for its distance", "softmax(biased)"});
    const auto scaled = matrix_of(text, "4. Q K^T / sqrt"), biased = matrix_of(text, "Then biased");
    const auto added = [&](std::size_t query, std::size_t key) {
      return biased[query][key] - scaled[query][key];
    };
    double most = 0;
    for (std::size_t query = 1; query < 12; ++query) {
      for (std::size_t key = 1; key < 6; ++key) {
        CHECK(std::abs(added(query, key) - added(query - 1, key - 1)) <= 2.5 * last_digit);
        most = std::max(most, std::abs(added(query, key) - added(query, key - 1)));
      }
    }
    CHECK(most > 0.1);
    check_contains(encoder.explain({"--token", "w30"}), {"q = W_Q x + b_Q", "biased", "they agree"});
  }
}

TEST_CASE("ModernBERT: rotated queries and keys, and layers that hide what is far away") {
  for (const fs::path& directory : stored_encoder("modernbert")) {
    const WordyEncoder encoder(directory);
    const std::string local = encoder.explain({"--matrix", "--layer", "1"});
    check_contains(local, {"Q = X W_Q^T, each row rotated by its position (RoPE)  [", "V = X W_V^T  [",
                           "hides tokens more than 8 tokens before it or more than 8 tokens behind it"});
    const auto scaled = matrix_of(local, "4. Q K^T / sqrt"), biased = matrix_of(local, "Then biased");
    const auto softmax = matrix_of(local, "5. softmax");
    for (std::size_t query = 0; query < 12; ++query) {
      for (std::size_t key = 0; key < 6; ++key) {
        INFO(query, " ", key);
        const bool hidden = query > key + 8;
        CHECK(biased[query][key] == (hidden ? -HUGE_VAL : scaled[query][key]));
        if (hidden) CHECK(softmax[query][key] == 0);
      }
    }
    const std::string global = encoder.explain({"--matrix", "--layer", "3"});
    CHECK(global.find("hid") == std::string::npos);
    check_contains(encoder.explain({"--token", "#0", "--layer", "1"}),
                   {"q = W_Q x, from x", "then rotated by its position (RoPE)", "hidden", "they agree"});
  }
}

TEST_CASE("explain and map have the same probabilities where positions are rotary or biases") {
  for (const std::string name : {"mpnet", "modernbert"}) {
    for (const fs::path& directory : stored_encoder(name)) {
      const WordyEncoder encoder(directory);
      const TemporaryFolder folder;
      REQUIRE(encoder.run("map", {"-o", folder / "map.npy"}).exit_code == 0);
      const MapNumbers map(folder / "map.npy");
      const auto softmax =
          matrix_of(encoder.explain({"--matrix", "--layer", "2", "--head", "4"}), "5. softmax");
      for (std::int64_t query = 0; query < 12; ++query)
        for (std::int64_t key = 0; key < 6; ++key)
          CHECK(std::abs(softmax[static_cast<std::size_t>(query)][static_cast<std::size_t>(key)] -
                         map.at(2, 4, query, key)) <= last_digit);
    }
  }
}

}  // namespace saccade::test
