// The conformance tests of ONNX's operator `Attention` (opsets 23 to 25), through the C++ API.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "fixtures/npy_array.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/test_data.hpp"
#include "ops/all_threads.hpp"
#include "reference/hash.hpp"
#include "saccade/attention.hpp"
#include "saccade/kv_cache.hpp"

namespace saccade::test {
namespace {

constexpr double relative = 1e-3, absolute = 1e-7;  // those of ONNX's own runner

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// numpy's allclose, equal infinities and NaN among it.
bool close(float got, float want) {
  if (same_bits(got, want) || got == want) return true;
  const double error = std::abs(static_cast<double>(got) - static_cast<double>(want));
  return error <= absolute + relative * std::abs(static_cast<double>(want));
}

/// "" where an array is what it should be, else the first difference.
std::string mismatch(const NpyArray& got, const NpyArray& want) {
  if (got.type != want.type) return "type " + std::string(to_string(got.type));
  if (got.shape != want.shape) return "other shape";
  for (std::int64_t i = 0; i < got.elements(); ++i) {
    if (!close(got.value(i), want.value(i)))
      return "[" + std::to_string(i) + "] is " + std::to_string(got.value(i)) + "; expected " +
             std::to_string(want.value(i));
  }
  return "";
}

NpyArray empty_array(StorageType type, std::vector<std::int64_t> shape) {
  NpyArray array = {type, std::move(shape), {}};
  array.bytes.resize(index(array.elements()) * size_of(type));
  return array;
}

/// Rounds to an array's type.
NpyArray array_of(StorageType type, std::vector<std::int64_t> shape, const std::vector<float>& values) {
  NpyArray array = empty_array(type, std::move(shape));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t half = f16_of(values[i]);
    if (type == StorageType::f16) {
      std::memcpy(array.bytes.data() + 2 * i, &half, 2);
    } else {
      std::memcpy(array.bytes.data() + 4 * i, &values[i], 4);
    }
  }
  return array;
}

/// Where [batch, heads, length, dim] or [batch, length, heads * dim] has its sequences, heads and tokens.
template <class View, class Array>
View view_of(Array& array, std::int64_t heads) {
  const auto& s = array.shape;
  if (array.rank() == 4)
    return {array.bytes.data(), s[0] * s[2], s[1], s[3], s[3], s[2] * s[3], s[1] * s[2] * s[3], array.type};
  return {array.bytes.data(), s[0] * s[1], heads, s[2] / heads, s[2], s[2] / heads, s[1] * s[2], array.type};
}

std::int64_t length_of(const NpyArray& array) {
  return array.shape[array.rank() == 4 ? 2 : 1];
}

std::vector<std::int64_t> even_offsets(std::int64_t batch, std::int64_t length) {
  std::vector<std::int64_t> offsets = {0};
  for (std::int64_t b = 0; b < batch; ++b) offsets.push_back(offsets.back() + length);
  return offsets;
}

/// Past and new vectors as one [batch, heads, past + new, dim].
NpyArray joined(const NpyArray& past, const NpyArray& fresh, std::int64_t heads) {
  const auto view = view_of<ConstHeadsView>(fresh, heads);
  const std::int64_t batch = past.shape[0], before = past.shape[2], length = length_of(fresh),
                     dim = view.head_dim;
  NpyArray all = empty_array(past.type, {batch, heads, before + length, dim});
  const std::size_t size = size_of(past.type);
  std::byte* to = all.bytes.data();
  const auto copy = [&](const NpyArray& from, std::int64_t element, std::int64_t count) {
    std::memcpy(to, from.bytes.data() + index(element) * size, index(count) * size);
    to += index(count) * size;
  };
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t h = 0; h < heads; ++h) {
      copy(past, (b * heads + h) * before * dim, before * dim);
      for (std::int64_t t = 0; t < length; ++t)
        copy(fresh, b * view.sequence_stride + h * view.head_stride + t * view.token_stride, dim);
    }
  }
  return all;
}

/// One node, its inputs and the outputs that it should have. What is not known here is an error.
class Node {
 public:
  explicit Node(const std::filesystem::path& attributes) : folder_(attributes.parent_path()) {
    std::ifstream file(attributes);
    const nlohmann::json json = nlohmann::json::parse(file);
    if (json.at("op_type") != "Attention") fail("operator " + json.at("op_type").dump());
    for (const auto& [name, value] : json.at("attributes").items()) take_attribute(name, value);
    load(json.at("inputs"), inputs_,
         {"Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen"});
    load(json.at("outputs"), outputs_, {"Y", "present_key", "present_value", "qk_matmul_output"});
    read_shapes();
  }

  void check(Engine& engine) {
    const NpyArray* const past = input("past_key");
    if (past != nullptr) {
      k_ = joined(*past, k_, key_heads_);
      v_ = joined(*input("past_value"), v_, key_heads_);
    }
    set_options();
    NpyArray y = y_of(input("Q")->type);
    attention(engine,
              {.q = view_of<ConstHeadsView>(*input("Q"), heads_),
               .k = view_of<ConstHeadsView>(k_, key_heads_),
               .v = view_of<ConstHeadsView>(v_, key_heads_),
               .out = view_of<HeadsView>(y, heads_),
               .offsets = offsets_,
               .key_offsets = key_offsets_},
              options_);
    compare("Y", y);
    if (past != nullptr) {
      compare("present_key", k_);
      compare("present_value", v_);
      check_cache(engine, y);
    } else if (outputs_.contains("present_key")) {
      fail("present_key without past_key");
    }
    if (outputs_.contains("qk_matmul_output"))
      compare("qk_matmul_output", array_of(y.type, {batch_, heads_, queries_, keys_}, scores_));
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(folder_.filename().string() + ": " + what + " is not known");
  }

  void take_attribute(const std::string& name, const nlohmann::json& value) {
    if (name == "q_num_heads") {
      heads_ = value;
    } else if (name == "kv_num_heads") {
      key_heads_ = value;
    } else if (name == "scale") {
      options_.scale = value.get<float>();
    } else if (name == "softcap") {
      options_.softcap = value.get<float>();
    } else if (name == "is_causal") {
      causal_ = value.get<int>() != 0;
    } else if (name == "qk_matmul_output_mode") {
      mode_ = value;
      if (mode_ < 0 || mode_ > 3) fail("qk_matmul_output_mode " + value.dump());
    } else if (name == "softmax_precision") {
      if (value != 0 && value != 1) fail("softmax_precision " + value.dump());  // 1: f32, which we always use
    } else {
      fail("attribute " + name);
    }
  }

  void load(const nlohmann::json& list, std::map<std::string, NpyArray>& to,
            const std::vector<std::string>& known) const {
    for (const auto& entry : list) {
      if (entry.at("name").is_null()) continue;
      const std::string name = entry.at("name");
      if (std::find(known.begin(), known.end(), name) == known.end()) fail("tensor " + name);
      to[name] = NpyArray::read(folder_ / entry.at("file").get<std::string>());
    }
    for (const auto& [name, array] : to) {
      const bool number = array.type == StorageType::f32 || array.type == StorageType::f16;
      const bool mask = name == "attn_mask" && array.type == StorageType::boolean;
      const bool lengths = name == "nonpad_kv_seqlen" && array.type == StorageType::i64;
      if (!(name == "nonpad_kv_seqlen" ? lengths : number || mask))
        fail(name + " of type " + std::string(to_string(array.type)));
    }
  }

  [[nodiscard]] const NpyArray* input(const std::string& name) const {
    const auto found = inputs_.find(name);
    return found == inputs_.end() ? nullptr : &found->second;
  }

  void read_shapes() {
    for (const char* name : {"Q", "K", "V"}) {
      if (input(name) == nullptr) fail("a node without " + std::string(name));
      const int rank = input(name)->rank();
      if (rank != input("Q")->rank() || rank < 3 || rank > 4) fail("rank " + std::to_string(rank));
    }
    if ((input("past_key") == nullptr) != (input("past_value") == nullptr))
      fail("one past without the other");
    if (input("past_key") != nullptr && input("nonpad_kv_seqlen") != nullptr) fail("a past with padding");
    const NpyArray& q = *input("Q");
    k_ = *input("K");
    v_ = *input("V");
    if (q.rank() == 4) {
      heads_ = q.shape[1];
      key_heads_ = k_.shape[1];
    }
    if (heads_ == 0 || key_heads_ == 0) fail("a rank of 3 without numbers of heads");
    batch_ = q.shape[0];
    queries_ = length_of(q);
    past_ = input("past_key") == nullptr ? 0 : input("past_key")->shape[2];
    keys_ = past_ + length_of(k_);
    offsets_ = even_offsets(batch_, queries_);
    key_offsets_ = even_offsets(batch_, keys_);
  }

  [[nodiscard]] NpyArray y_of(StorageType type) const {
    const std::int64_t dim = view_of<ConstHeadsView>(v_, key_heads_).head_dim;
    if (input("Q")->rank() == 4) return empty_array(type, {batch_, heads_, queries_, dim});
    return empty_array(type, {batch_, queries_, heads_ * dim});
  }

  void set_options() {
    if (const NpyArray* const lengths = input("nonpad_kv_seqlen")) {
      for (std::int64_t b = 0; b < batch_; ++b) key_counts_.push_back(lengths->at<std::int64_t>(b));
      options_.key_counts = key_counts_;
    }
    if (causal_) {
      options_.window = Window::causal();
      for (std::int64_t b = 0; b < batch_; ++b)
        positions_.push_back(key_counts_.empty() ? past_ : key_counts_[index(b)] - queries_);
      options_.first_query_positions = positions_;
    }
    if (const NpyArray* const mask = input("attn_mask")) set_mask(*mask);
    if (outputs_.contains("qk_matmul_output")) set_requests();
  }

  /// A mask of fewer dimensions lacks the first ones; a size of 1 is repeated, but for the keys', of which
  /// those that are lacking are hidden.
  void set_mask(const NpyArray& mask) {
    if (mask.rank() < 2 || mask.rank() > 4) fail("a mask of rank " + std::to_string(mask.rank()));
    std::vector<std::int64_t> shape = mask.shape;
    while (shape.size() < 4) shape.insert(shape.begin(), 1);
    const std::int64_t keys = shape[3], head = shape[2] * keys, sequence = shape[1] * head;
    const std::array<std::int64_t, 3> full = {batch_, heads_, queries_};
    for (std::size_t d = 0; d < 3; ++d) {
      if (shape[d] != 1 && shape[d] != full[d]) fail("a mask of another size");
    }
    if (keys > keys_) fail("a mask of more keys");
    const auto set = [&](auto& view) {
      view.keys = keys;
      view.sequence_stride = shape[0] == 1 ? 0 : sequence;
      view.head_stride = shape[1] == 1 ? 0 : head;
      view.query_stride = shape[2] == 1 ? 0 : keys;
    };
    if (mask.type == StorageType::boolean) {
      options_.mask.data = reinterpret_cast<const std::uint8_t*>(mask.bytes.data());
      set(options_.mask);
    } else {
      options_.bias.data = mask.bytes.data();
      options_.bias.type = mask.type;
      set(options_.bias);
    }
  }

  void set_requests() {
    if (!key_counts_.empty()) fail("qk_matmul_output with padding");
    const std::int64_t size = heads_ * queries_ * keys_;
    scores_.assign(index(batch_ * size), NAN);
    for (std::int64_t b = 0; b < batch_; ++b)
      requests_.push_back({.sequence = b,
                           .out = {scores_.data() + b * size, index(size)},
                           .point = std::array{ScorePoint::scaled, ScorePoint::capped, ScorePoint::biased,
                                               ScorePoint::probabilities}[index(mode_)]});
    options_.probabilities = requests_;
  }

  void compare(const std::string& name, const NpyArray& got) {
    const auto want = outputs_.find(name);
    if (want == outputs_.end()) return;
    INFO(name);
    CHECK(mismatch(got, want->second) == "");
  }

  /// The past goes to a cache in one piece, then what is new: the same bits.
  void check_cache(Engine& engine, const NpyArray& expected) const {
    const auto k = view_of<ConstHeadsView>(k_, key_heads_), v = view_of<ConstHeadsView>(v_, key_heads_);
    KeyValueCache cache = {.type = k.type,
                           .heads = key_heads_,
                           .head_dim = k.head_dim,
                           .value_dim = v.head_dim,
                           .page_tokens = 16,
                           .pages = batch_ * (keys_ / 16 + 1),
                           .pages_per_sequence = keys_ / 16 + 1};
    const std::int64_t tokens = cache.pages * cache.page_tokens * cache.heads;
    std::vector<std::byte> keys(index(tokens * k.head_dim) * size_of(k.type), std::byte{0xff}),
        values(index(tokens * v.head_dim) * size_of(k.type), std::byte{0xff});
    cache.keys = keys.data();
    cache.values = values.data();
    const std::vector<std::int64_t> none(index(batch_), 0), before(index(batch_), past_),
        all(index(batch_), keys_);
    append(engine, cache, none, view_of<ConstHeadsView>(*input("past_key"), key_heads_),
           view_of<ConstHeadsView>(*input("past_value"), key_heads_), even_offsets(batch_, past_));
    append(engine, cache, before, view_of<ConstHeadsView>(*input("K"), key_heads_),
           view_of<ConstHeadsView>(*input("V"), key_heads_), even_offsets(batch_, keys_ - past_));
    NpyArray y = y_of(expected.type);
    attention(engine,
              {.q = view_of<ConstHeadsView>(*input("Q"), heads_),
               .cache = cache,
               .out = view_of<HeadsView>(y, heads_),
               .offsets = offsets_,
               .lengths = all},
              options_);
    CHECK(y.bytes == expected.bytes);
  }

  std::filesystem::path folder_;
  std::map<std::string, NpyArray> inputs_, outputs_;
  NpyArray k_, v_;  // past and new
  std::int64_t batch_ = 0, heads_ = 0, key_heads_ = 0, queries_ = 0, past_ = 0, keys_ = 0;
  bool causal_ = false;
  int mode_ = 0;
  AttentionOptions options_;
  std::vector<std::int64_t> offsets_, key_offsets_, key_counts_, positions_;
  std::vector<float> scores_;
  std::vector<ProbabilitiesRequest> requests_;
};

TEST_CASE("onnx attention: every case that is there") {
  const std::vector<std::filesystem::path> cases = test_data("onnx-attention", ".json");
  if (std::filesystem::is_directory(data_path("onnx-attention"))) CHECK(!cases.empty());
  for (const int threads : {1, 2}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    for (const std::filesystem::path& attributes : cases) {
      const std::string name = attributes.parent_path().filename().string();
      CAPTURE(name);
      try {
        Node(attributes).check(engine);
      } catch (const std::exception& error) {
        FAIL_CHECK(std::string(error.what()));
      }
    }
  }
}

}  // namespace
}  // namespace saccade::test
