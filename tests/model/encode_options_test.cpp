// What an encoder gives beside the vectors: the most attended keys, and what goes through a layer's
// attention.

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "saccade/attention.hpp"
#include "saccade/encoder.hpp"

namespace saccade::test {
namespace {

constexpr std::int64_t layer = 2;

/// Enough sequences for several groups, one of them empty, one long.
struct Batch {
  std::vector<std::int64_t> offsets = {0, 5, 5, 205, 212, 412, 612, 812, 1012, 1212};
  std::vector<std::int32_t> ids = std::vector<std::int32_t>(1212);

  Batch() {
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(1000 + i * 37 % 5000);
  }
  [[nodiscard]] TokenIds tokens() const { return {ids, {}, offsets}; }
  [[nodiscard]] std::int64_t size() const { return offsets.back(); }
};

struct SampleEncoder {
  Engine engine = Engine({.threads = 2});
  Encoder encoder = Encoder::load(engine, sample_model_path());
  Batch batch;
  std::vector<float> hidden = std::vector<float>(static_cast<std::size_t>(batch.size() * encoder.width()));

  void encode(const EncodeOptions& wanted) {
    encoder.encode(engine, batch.tokens(), {hidden.data(), batch.size(), encoder.width(), encoder.width()},
                   wanted);
  }
  [[nodiscard]] std::size_t layers() const { return static_cast<std::size_t>(encoder.layers()); }
  [[nodiscard]] std::int64_t columns() const { return encoder.heads() * encoder.head_dim(); }
};

/// Room for the copies of a layer.
struct Copies {
  std::vector<float> input, queries, keys, values, context;
  std::vector<LayerTrace> traces;

  explicit Copies(const SampleEncoder& sample) : traces(sample.layers()) {
    const auto view = [&](std::vector<float>& to, std::int64_t columns) {
      to.resize(static_cast<std::size_t>(sample.batch.size() * columns));
      return MatrixView{to.data(), sample.batch.size(), columns, columns};
    };
    traces[layer] = {.input = view(input, sample.encoder.width()),
                     .queries = view(queries, sample.columns()),
                     .keys = view(keys, sample.columns()),
                     .values = view(values, sample.columns()),
                     .context = view(context, sample.columns())};
  }
};

}  // namespace

TEST_CASE("same bits: the operator over an encoder's queries, keys and values gives its context") {
  SampleEncoder sample;
  Copies copies(sample);
  sample.encode({.traces = copies.traces});
  std::vector<float> out(copies.context.size());
  const auto heads = [&](std::vector<float>& data) -> HeadsView {
    return {data.data(),      sample.batch.size(),      sample.encoder.heads(), sample.encoder.head_dim(),
            sample.columns(), sample.encoder.head_dim()};
  };
  attention(sample.engine, {.q = heads(copies.queries),
                            .k = heads(copies.keys),
                            .v = heads(copies.values),
                            .out = heads(out),
                            .offsets = sample.batch.offsets});
  CHECK(out == copies.context);
  CHECK(std::any_of(out.begin(), out.end(), [](float value) { return value != 0.0f; }));
}

TEST_CASE("a layer's input is what the layers before it give") {
  SampleEncoder sample;
  Copies copies(sample);
  sample.encode({.traces = copies.traces});
  const std::vector<float> hidden = sample.hidden;
  sample.encode({});
  CHECK(sample.hidden == hidden);        // asking changes nothing
  CHECK(copies.input != sample.hidden);  // and it is not the last layer's output
  // Alone, a sequence has the same input: it was put to its own place.
  const std::vector<std::int64_t> offsets = {0, 7};
  const std::int64_t first = 205, width = sample.encoder.width();
  std::vector<float> alone(static_cast<std::size_t>(7 * width)), out(alone.size());
  std::vector<LayerTrace> traces(sample.layers());
  traces[layer].input = {alone.data(), 7, width, width};
  sample.encoder.encode(sample.engine, {std::span(sample.batch.ids).subspan(first, 7), {}, offsets},
                        {out.data(), 7, width, width}, {.traces = traces});
  CHECK(std::equal(alone.begin(), alone.end(), copies.input.begin() + first * width));
}

TEST_CASE("the most attended keys of a layer are those of its probabilities") {
  SampleEncoder sample;
  constexpr std::int64_t k = 3, sequence = 4, length = 200;
  sample.batch.offsets.erase(sample.batch.offsets.begin() + 1,
                             sample.batch.offsets.begin() + 3);  // 0, 205, ...
  const std::int64_t heads = sample.encoder.heads(), tokens = sample.batch.size();
  std::vector<float> map(static_cast<std::size_t>(heads * length * length));
  const ProbabilitiesRequest request = {.sequence = sequence - 2, .out = map};
  std::vector<std::span<const ProbabilitiesRequest>> probabilities(sample.layers());
  probabilities[layer] = {&request, 1};
  std::vector<std::int32_t> keys(static_cast<std::size_t>(tokens * heads * k));
  std::vector<float> shares(keys.size());
  std::vector<TopKeys> top(sample.layers());
  top[layer] = {.k = k,
                .keys = keys.data(),
                .probabilities = shares.data(),
                .token_stride = heads * k,
                .head_stride = k};
  sample.encode({.probabilities = probabilities, .top_keys = top});
  const std::int64_t first = sample.batch.offsets[sequence - 2];
  for (std::int64_t head = 0; head < heads; ++head) {
    for (std::int64_t query = 0; query < length; ++query) {
      const float* const row = map.data() + (head * length + query) * length;
      std::vector<std::int32_t> order(length);
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(),
                       [&](std::int32_t a, std::int32_t b) { return row[a] > row[b]; });
      for (std::int64_t i = 0; i < k; ++i) {
        const auto at = static_cast<std::size_t>(((first + query) * heads + head) * k + i);
        CHECK(keys[at] == order[static_cast<std::size_t>(i)]);
        CHECK(shares[at] == row[keys[at]]);
      }
    }
  }
}

TEST_CASE("what a layer does beside the textbook") {
  const SampleEncoder sample;
  const LayerAttention attention = sample.encoder.attention(layer);
  CHECK(attention.projection_bias);
  CHECK_FALSE(attention.rotary);
  CHECK_FALSE(attention.distance_bias);
  CHECK(attention.window.left == Window::unlimited);
  CHECK(attention.window.right == Window::unlimited);
  for (const std::int64_t none : {-1, 4})
    expect_error(ErrorCode::invalid_argument, {"no layer " + std::to_string(none), "has 4"},
                 [&] { (void)sample.encoder.attention(none); });
}

TEST_CASE("what does not fit is refused before anything is written") {
  SampleEncoder sample;
  const std::vector<float> before = sample.hidden;
  const auto refused = [&](std::initializer_list<std::string> parts, const EncodeOptions& wanted) {
    expect_error(ErrorCode::invalid_argument, parts, [&] { sample.encode(wanted); });
    CHECK(sample.hidden == before);
  };
  std::vector<TopKeys> top(sample.layers() - 1);
  refused({"top_keys' size is 3", "4"}, {.top_keys = top});
  top.resize(sample.layers());
  top[1].k = 6;
  refused({"null"}, {.top_keys = top});
  std::vector<LayerTrace> traces(sample.layers() + 1);
  refused({"traces' size is 5", "4"}, {.traces = traces});
  traces.resize(sample.layers());
  std::vector<float> room(static_cast<std::size_t>(sample.batch.size() * sample.columns()));
  traces[3].values = {room.data(), sample.batch.size(), sample.columns() - 1, sample.columns()};
  refused({"values is [1212, 127]", "[1212, 128]"}, {.traces = traces});
}

}  // namespace saccade::test
