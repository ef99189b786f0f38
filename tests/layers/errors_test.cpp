#include <functional>

#include "fixtures/expect_error.hpp"
#include "layers/layer.hpp"

namespace saccade::test {
namespace {

void expect_bad_weights(std::initializer_list<std::string> parts, std::int64_t heads,
                        const std::function<void(SelfAttentionWeights&)>& change) {
  const LayerWeights weights = made_up_weights(10, 3, 4, 7);
  SelfAttentionWeights views = views_of(weights);
  change(views);
  Engine engine;
  expect_error(ErrorCode::invalid_argument, parts, [&] { SelfAttention(engine, views, heads); });
}

TEST_CASE("weights that do not fit together are named with both numbers") {
  expect_bad_weights({"5 heads", "12"}, 5, [](auto&) {});
  expect_bad_weights({"heads is 0"}, 0, [](auto&) {});
  expect_bad_weights({"heads is -3"}, -3, [](auto&) {});
  expect_bad_weights({"query.in is 0"}, 3, [](auto& w) { w.query.in = 0; });
  expect_bad_weights({"query.out is 0"}, 3, [](auto& w) { w.query.out = 0; });
  expect_bad_weights({"key.in is 9", "10", "query.in"}, 3, [](auto& w) { w.key.in = 9; });
  expect_bad_weights({"key.out is 6", "12"}, 3, [](auto& w) { w.key.out = 6; });
  expect_bad_weights({"value.in is 11", "10"}, 3, [](auto& w) { w.value.in = 11; });
  expect_bad_weights({"value.out is 24", "12"}, 3, [](auto& w) { w.value.out = 24; });
  expect_bad_weights({"output.in is 13", "12"}, 3, [](auto& w) { w.output.in = 13; });
  expect_bad_weights({"key.weight", "119", "120"}, 3,
                     [](auto& w) { w.key.weight = w.key.weight.first(119); });
  expect_bad_weights({"value.bias", "11", "12"}, 3, [](auto& w) { w.value.bias = w.value.bias.first(11); });
  expect_bad_weights({"output.bias", "6", "7"}, 3, [](auto& w) { w.output.bias = w.output.bias.first(6); });
  expect_bad_weights({"output.weight", "84"}, 3, [](auto& w) { w.output.out = -7; });
}

/// A layer, a valid call of it, and outputs that must stay as they are.
struct Call {
  Engine engine;
  SelfAttention layer{engine, views_of(made_up_weights(10, 3, 4, 7)), 3};
  LayerBatch batch = LayerBatch::of(10, {5, 3});
  std::vector<float> z_values = std::vector<float>(100, -1.0f);
  std::vector<float> context_values = std::vector<float>(100, -1.0f);
  RaggedView view = batch.view();
  MatrixView z = {z_values.data(), 8, 7, 7};
  MatrixView context = {context_values.data(), 8, 12, 12};
  Window window = {};
  std::vector<ProbabilitiesRequest> probabilities = {};
  std::vector<std::int64_t> rows = {};
  std::span<float> row_probabilities = {};

  void expect(std::initializer_list<std::string> parts, const std::function<void()>& action) const {
    expect_error(ErrorCode::invalid_argument, parts, action);
    for (const float x : z_values) CHECK(x == -1.0f);
    for (const float x : context_values) CHECK(x == -1.0f);
  }
};

void expect_bad_forward(std::initializer_list<std::string> parts, const std::function<void(Call&)>& change) {
  Call call;
  change(call);
  call.expect(parts, [&] {
    call.layer.forward(call.engine, call.view, call.z,
                       {.window = call.window, .context = call.context, .probabilities = call.probabilities});
  });
}

TEST_CASE("a forward pass names what does not fit, and writes nothing") {
  expect_bad_forward({"x.columns is 9", "10", "width"}, [](Call& c) { c.view.x.columns = 9; });
  expect_bad_forward({"x.data is null"}, [](Call& c) { c.view.x.data = nullptr; });
  expect_bad_forward({"x.row_stride is 9", "10"}, [](Call& c) { c.view.x.row_stride = 9; });
  expect_bad_forward({"offsets end at 8", "7"}, [](Call& c) { c.view.x.rows = 7; });
  expect_bad_forward({"offsets are empty"}, [](Call& c) { c.view.offsets = {}; });
  expect_bad_forward({"offsets[2] is 4", "5"}, [](Call& c) { c.batch.offsets[2] = 4; });
  expect_bad_forward({"z.rows is 7", "8"}, [](Call& c) { c.z.rows = 7; });
  expect_bad_forward({"z.columns is 12", "7"}, [](Call& c) { c.z.columns = c.z.row_stride = 12; });
  expect_bad_forward({"z.row_stride is 6", "7"}, [](Call& c) { c.z.row_stride = 6; });
  expect_bad_forward({"z.data is null"}, [](Call& c) { c.z.data = nullptr; });
  expect_bad_forward({"context.rows is 9", "8"}, [](Call& c) { c.context.rows = 9; });
  expect_bad_forward({"context.columns is 7", "12"}, [](Call& c) { c.context.columns = 7; });
  expect_bad_forward({"window.left is -1"}, [](Call& c) { c.window.left = -1; });
  expect_bad_forward({"sequence 2 of 2"},
                     [](Call& c) { c.probabilities = {{.sequence = 2, .heads = {}, .out = {}}}; });
  expect_bad_forward({"room for 0", "3 heads x 3 queries x 3 keys"},
                     [](Call& c) { c.probabilities = {{.sequence = 1, .heads = {}, .out = {}}}; });
}

void expect_bad_rows(std::initializer_list<std::string> parts, const std::function<void(Call&)>& change) {
  Call call;
  call.rows = {2, 0};
  call.z.rows = call.context.rows = 4;
  change(call);
  call.expect(parts, [&] {
    call.layer.forward_rows(
        call.engine, call.view, call.rows, call.z,
        {.window = call.window, .context = call.context, .probabilities = call.row_probabilities});
  });
}

TEST_CASE("the vector form names what does not fit, and writes nothing") {
  std::vector<float> few(47);
  expect_bad_rows({"row 3", "sequence 1", "3 tokens"}, [](Call& c) { c.rows[0] = 3; });
  expect_bad_rows({"row -1", "sequence 0", "5 tokens"}, [](Call& c) { c.rows[1] = -1; });
  expect_bad_rows({"z.rows is 8", "4"}, [](Call& c) { c.z.rows = 8; });
  expect_bad_rows({"context.rows is 2", "4"}, [](Call& c) { c.context.rows = 2; });
  expect_bad_rows({"probabilities", "47", "48"}, [&](Call& c) { c.row_probabilities = few; });
  expect_bad_rows({"window.right is -5"}, [](Call& c) { c.window.right = -5; });
  expect_bad_rows({"x.columns is 9", "10"}, [](Call& c) { c.view.x.columns = 9; });
}

}  // namespace
}  // namespace saccade::test
