#include "layers/weight_file.hpp"

#include "fixtures/expect_error.hpp"
#include "layers/layer.hpp"
#include "reference/compare.hpp"

namespace saccade::test {
namespace {

constexpr std::int64_t width = 10, heads = 3, head_dim = 4, context = 12, output = 7;

const LayerWeights& weights() {
  static const LayerWeights w = made_up_weights(width, heads, head_dim, output);
  return w;
}

using Values = std::vector<float>;

Values joined(const Values& a, const Values& b, const Values& c) {
  Values all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

/// [columns][rows] of [rows][columns].
Values transposed(const Values& m, std::int64_t rows, std::int64_t columns) {
  Values out(m.size());
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j)
      out[static_cast<std::size_t>(j * rows + i)] = m[static_cast<std::size_t>(i * columns + j)];
  }
  return out;
}

void add_apart(WeightFile& file, const std::string& self, const std::string& out) {
  const LayerWeights& w = weights();
  file.add(self + "query.weight", {context, width}, w.query_weight)
      .add(self + "query.bias", {context}, w.query_bias);
  file.add(self + "key.weight", {context, width}, w.key_weight).add(self + "key.bias", {context}, w.key_bias);
  file.add(self + "value.weight", {context, width}, w.value_weight)
      .add(self + "value.bias", {context}, w.value_bias);
  file.add(out + "weight", {output, context}, w.output_weight).add(out + "bias", {output}, w.output_bias);
}

void add_plain(WeightFile& file, const std::string& prefix) {
  add_apart(file, prefix, prefix + "output.");
}
void add_bert(WeightFile& file, const std::string& prefix) {
  add_apart(file, prefix + "attention.self.", prefix + "attention.output.dense.");
}
void add_torch(WeightFile& file, const std::string& prefix) {
  const LayerWeights& w = weights();
  file.add(prefix + "in_proj_weight", {3 * context, width},
           joined(w.query_weight, w.key_weight, w.value_weight));
  file.add(prefix + "in_proj_bias", {3 * context}, joined(w.query_bias, w.key_bias, w.value_bias));
  file.add(prefix + "out_proj.weight", {output, context}, w.output_weight);
  file.add(prefix + "out_proj.bias", {output}, w.output_bias);
}
void add_gpt2(WeightFile& file, const std::string& prefix) {
  const LayerWeights& w = weights();
  const Values fused = joined(w.query_weight, w.key_weight, w.value_weight);
  file.add(prefix + "c_attn.weight", {width, 3 * context}, transposed(fused, 3 * context, width));
  file.add(prefix + "c_attn.bias", {3 * context}, joined(w.query_bias, w.key_bias, w.value_bias));
  file.add(prefix + "c_proj.weight", {context, output}, transposed(w.output_weight, output, context));
  file.add(prefix + "c_proj.bias", {output}, w.output_bias);
}

Values z_of(Engine& engine, const SelfAttention& layer) {
  return forward(engine, layer, LayerBatch::of(width, {9, 30})).z;
}

/// The layer in this file must give the bits of the weights themselves.
void check_same(const std::filesystem::path& path, const std::string& prefix) {
  CAPTURE(prefix);
  Engine engine;
  const SelfAttention expected(engine, views_of(weights()), heads);
  const SelfAttention layer = SelfAttention::load(engine, path, {.heads = heads, .prefix = prefix});
  CHECK(layer.width() == width);
  CHECK(layer.output_width() == output);
  CHECK(difference(z_of(engine, layer), z_of(engine, expected)) == "");
}

using Add = void (*)(WeightFile&, const std::string&);
struct Naming {
  Add add;
  std::string prefix;  ///< before the names that `add` gives
};
const Naming namings[] = {
    {add_plain, ""}, {add_plain, "model.layers.3."}, {add_bert, ""}, {add_bert, "encoder.layer.0."},
    {add_torch, ""}, {add_torch, "blocks.1.mha."},   {add_gpt2, ""}, {add_gpt2, "transformer.h.0."}};

TEST_CASE("same bits: a layer under every naming, with its prefix or without") {
  for (const Naming& naming : namings) {
    WeightFile file;
    file.add("something.else", {2, 2}, {1, 2, 3, 4});
    naming.add(file, naming.prefix);
    check_same(file.write(), "");
    if (naming.prefix.empty()) continue;
    check_same(file.write(), naming.prefix);
    check_same(file.write(), naming.prefix.substr(0, naming.prefix.size() - 1));
  }
}

TEST_CASE("same bits: GPT-2 and torch names that have a module's name before them") {
  WeightFile gpt;
  add_gpt2(gpt, "transformer.h.0.attn.");
  check_same(gpt.write(), "transformer.h.0");
  check_same(gpt.write(), "transformer.h.0.attn");
  check_same(gpt.write(), "");
  WeightFile torch;
  add_torch(torch, "encoder.layers.2.self_attn.");
  check_same(torch.write(), "encoder.layers.2");
  check_same(torch.write(), "encoder.layers.2.self_attn.");
}

TEST_CASE("same bits: weights stored as F16 and BF16") {
  for (const std::string& type : {std::string("F16"), std::string("BF16")}) {
    CAPTURE(type);
    for (const Naming& naming : namings) {
      WeightFile file;
      naming.add(file, naming.prefix);
      check_same(file.write_halves(type), naming.prefix);
    }
  }
}

TEST_CASE("a layer is chosen by its prefix among several") {
  WeightFile file;
  add_bert(file, "encoder.layer.1.");
  file.add("encoder.layer.10.attention.self.query.weight", {1, 1}, {1.0f});
  file.add("encoder.layer.10.attention.self.key.weight", {1, 1}, {1.0f});
  file.add("encoder.layer.10.attention.self.value.weight", {1, 1}, {1.0f});
  file.add("encoder.layer.10.attention.output.dense.weight", {1, 1}, {1.0f});
  check_same(file.write(), "encoder.layer.1");
  Engine engine;
  const SelfAttention small =
      SelfAttention::load(engine, file.write(), {.heads = 1, .prefix = "encoder.layer.10"});
  CHECK(small.width() == 1);
  expect_error(ErrorCode::file_format, {"2", "\"encoder.layer.1.\"", "\"encoder.layer.10.\"", "prefix"}, [&] {
    static_cast<void>(SelfAttention::load(engine, file.write(), {.heads = 3, .prefix = ""}));
  });
  expect_error(ErrorCode::file_format, {"\"encoder.layer.2.\"", "\"encoder.layer.10.\""}, [&] {
    static_cast<void>(SelfAttention::load(engine, file.write(), {.heads = 3, .prefix = "encoder.layer.2"}));
  });
}

/// The layer in `file`, whose z must be that of the layer of weights().
void check_named(const WeightFile& file, const std::string& prefix) {
  check_same(file.write(), prefix);
  check_same(file.write(), "");
}

TEST_CASE("same bits: the names of encoder families, and prefixes that end within them") {
  struct Family {
    const char *self, *output, *norm;
  };
  const Family families[] = {
      {"encoder.layer.0.attention.self.", "encoder.layer.0.attention.output.dense.",
       "encoder.layer.0.attention.output.LayerNorm.weight"},
      {"encoder.albert_layer_groups.0.albert_layers.0.attention.",
       "encoder.albert_layer_groups.0.albert_layers.0.attention.dense.",
       "encoder.albert_layer_groups.0.albert_layers.0.attention.LayerNorm.weight"},
      {"vit.encoder.layer.0.attention.attention.", "vit.encoder.layer.0.attention.output.dense.",
       "vit.encoder.layer.0.layernorm_before.weight"},
  };
  for (const Family& family : families) {
    WeightFile file;
    add_apart(file, family.self, family.output);
    file.add(family.norm, {2}, {1, 1});
    check_named(file, family.self);
  }
}

void expect_unknown(const std::string& tensor, const Add add, const std::string& prefix) {
  CAPTURE(tensor);
  WeightFile file;
  add(file, prefix);
  file.add(tensor, {2}, {1, 1});
  Engine engine;
  expect_error(ErrorCode::unsupported, {"'" + tensor + "'"}, [&] {
    static_cast<void>(SelfAttention::load(engine, file.write(), {.heads = heads, .prefix = prefix}));
  });
}

TEST_CASE("a tensor of the layer that would change its result is an error that names it") {
  for (const char* name : {"bias_k", "bias_v", "q_norm.weight", "sr.weight", "logit_scale", "dense.weight"}) {
    expect_unknown(name, add_plain, "");
    expect_unknown(std::string("blocks.1.mha.") + name, add_torch, "blocks.1.mha.");
  }
  expect_unknown("encoder.layer.0.attention.self.distance_embedding.weight", add_bert, "encoder.layer.0.");
  expect_unknown("encoder.layer.0.attention.adapter.weight", add_bert, "encoder.layer.0.");
}

TEST_CASE("same bits: tensors of other parts do not matter") {
  const auto check = [](const std::string& tensor, const Add add, const std::string& prefix) {
    CAPTURE(tensor);
    WeightFile file;
    add(file, prefix);
    file.add(tensor, {2}, {1, 1});
    check_same(file.write(), prefix);
  };
  for (const char* name :
       {"x", "z", "probabilities_3", "norm1.weight", "linear1.bias", "encoder.layer.3.output.dense.weight"})
    check(name, add_plain, "");
  check("encoder.layer.0.attention.output.LayerNorm.weight", add_bert, "encoder.layer.0.");
  check("encoder.layer.0.intermediate.dense.weight", add_bert, "encoder.layer.0.");
  check("encoder.layer.1.attention.self.distance_embedding.weight", add_bert, "encoder.layer.0.");
  check("transformer.h.0.attn.bias", add_gpt2, "transformer.h.0.attn.");
  check("transformer.h.0.attn.masked_bias", add_gpt2, "transformer.h.0.attn.");
  check("model.layers.3.mlp.up.weight", add_plain, "model.layers.3.");
}

TEST_CASE("families whose attention computes something else are refused") {
  const auto expect = [](const std::string& self, const std::string& names, const std::string& why) {
    const LayerWeights& w = weights();
    WeightFile file;
    file.add(self + names + ".weight", {context, width}, w.query_weight);
    Engine engine;
    expect_error(ErrorCode::unsupported, {self + names, why},
                 [&] { static_cast<void>(SelfAttention::load(engine, file.write(), {.heads = heads})); });
  };
  expect("encoder.layer.0.", "attention.attn.q", "relative position");
  expect("layers.0.", "attn.Wqkv", "rotates");
}

TEST_CASE("a missing output projection is an error unless the layer is said to have none") {
  for (const Add add : {add_plain, add_bert, add_torch, add_gpt2}) {
    WeightFile all;
    add(all, "a.");
    const TensorFile stored = TensorFile::open(all.write());
    WeightFile file;
    for (const TensorInfo& info : stored.tensors()) {
      if (info.name.find("output") != std::string::npos ||
          info.name.find("proj.weight") != std::string::npos ||
          info.name.find("proj.bias") != std::string::npos)
        continue;
      Values values(static_cast<std::size_t>(info.elements()));
      stored.read(info.name, 0, values);
      file.add(info.name, info.shape, values);
    }
    Engine engine;
    expect_error(ErrorCode::file_format, {"output projection", "is missing"}, [&] {
      static_cast<void>(SelfAttention::load(engine, file.write(), {.heads = heads, .prefix = "a"}));
    });
    for (const WeightFile* with_and_without : {&all, &file}) {
      const SelfAttention layer = SelfAttention::load(
          engine, with_and_without->write(), {.heads = heads, .prefix = "a", .has_output_projection = false});
      CHECK(layer.output_width() == context);
    }
  }
}

TEST_CASE("the number of heads must be given") {
  WeightFile file;
  add_plain(file, "");
  Engine engine;
  expect_error(ErrorCode::file_format, {"0 heads"},
               [&] { static_cast<void>(SelfAttention::load(engine, file.write(), {})); });
}

TEST_CASE("biases and the output projection may be missing") {
  const LayerWeights& w = weights();
  WeightFile file;
  file.add("query.weight", {context, width}, w.query_weight)
      .add("key.weight", {context, width}, w.key_weight);
  file.add("value.weight", {context, width}, w.value_weight);
  LayerWeights expected = w;
  for (auto* part : {&expected.query_bias, &expected.key_bias, &expected.value_bias, &expected.output_weight,
                     &expected.output_bias})
    part->clear();
  Engine engine;
  const SelfAttention layer = SelfAttention::load(
      engine, file.write(), {.heads = heads, .prefix = {}, .has_output_projection = false});
  CHECK(layer.output_width() == context);
  CHECK(difference(z_of(engine, layer), z_of(engine, SelfAttention(engine, views_of(expected), heads))) ==
        "");
}

struct Shape {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Loading a layer of tensors of these shapes must fail; the message has the file and all of `parts`.
void expect_bad(const std::vector<Shape>& shapes, std::int64_t of_heads,
                std::initializer_list<std::string> parts) {
  WeightFile file;
  for (const Shape& shape : shapes) {
    std::int64_t size = 1;
    for (const std::int64_t n : shape.shape) size *= n;
    file.add(shape.name, shape.shape, Values(static_cast<std::size_t>(size), 0.5f));
  }
  const std::filesystem::path path = file.write();
  Engine engine;
  const auto load = [&] { static_cast<void>(SelfAttention::load(engine, path, {.heads = of_heads})); };
  expect_error(ErrorCode::file_format, parts, load);
  expect_error(ErrorCode::file_format, {path.string()}, load);
}

TEST_CASE("weights that do not fit are named with their numbers") {
  const Shape q = {"query.weight", {12, 10}}, k = {"key.weight", {12, 10}}, v = {"value.weight", {12, 10}};
  expect_bad({q, k, v}, 5, {"query.weight", "12", "5 heads"});
  expect_bad({q, k, v}, 0, {"query.weight", "0 heads"});
  expect_bad({q, {"key.weight", {12, 9}}, v}, 3, {"key.weight", "9 to 12", "10 to 12", "query.weight"});
  expect_bad({q, k, {"value.weight", {8, 10}}}, 2, {"value.weight", "10 to 8", "10 to 12"});
  expect_bad({q, k}, 3, {"value.weight"});
  expect_bad({{"query.weight", {12}}, k, v}, 3, {"query.weight", "1 dimension", "2"});
  expect_bad({{"query.weight", {12, 5, 2}}, k, v}, 3, {"query.weight", "3 dimensions", "2"});
  expect_bad({q, {"query.bias", {11}}, k, v}, 3, {"query.bias", "11", "[12]"});
  expect_bad({q, {"query.bias", {12, 1}}, k, v}, 3, {"query.bias", "2 dimensions"});
  expect_bad({q, k, v, {"output.weight", {4, 11}}}, 3, {"output.weight", "11", "12", "value.weight"});
  expect_bad({q, k, v, {"output.weight", {4, 12}}, {"output.bias", {5}}}, 3, {"output.bias", "5", "[4]"});
  expect_bad({{"in_proj_weight", {35, 10}}}, 3, {"in_proj_weight", "[35, 10]", "3 equal parts"});
  expect_bad({{"c_attn.weight", {36, 10}}}, 3, {"c_attn.weight", "[36, 10]"});
}

TEST_CASE("a file without a layer says what was looked for") {
  expect_bad({{"embeddings.weight", {3, 3}}, {"prequery.weight", {3, 3}}}, 1,
             {"no self-attention layer", "query.weight", "in_proj_weight", "c_attn.weight"});
}

TEST_CASE("a file that is not there or holds integers is an error") {
  Engine engine;
  expect_error(ErrorCode::file_not_usable, {}, [&] {
    static_cast<void>(SelfAttention::load(engine, "no-such-file.safetensors", {.heads = 1}));
  });
  const WeightFile place;
  const std::filesystem::path& path = place.write();
  {
    TensorFileWriter writer(path, {{"query.weight", StorageType::i32, {1, 1}}});
    writer.append("query.weight", std::vector<std::int64_t>{1});
    writer.commit();
  }
  expect_error(ErrorCode::file_format, {"query.weight", "I32"},
               [&] { static_cast<void>(SelfAttention::load(engine, path, {.heads = 1})); });
}

}  // namespace
}  // namespace saccade::test
