#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/temporary_folder.hpp"
#include "fixtures/test_data.hpp"
#include "reference/compare.hpp"
#include "saccade/encoder.hpp"

namespace saccade::test {
namespace {

namespace fs = std::filesystem;

const fs::path sample_model = sample_model_path();
const std::vector<std::string> sample_texts = {"The Law will never be perfect.", "", "Thinking Machines",
                                               "The animal didn't cross the street because it was too tired.",
                                               "\xff caf\xc3\xa9"};

/// The sample model with some of its files written anew.
struct ChangedModel {
  ChangedModel() { fs::copy(sample_model, folder.path(), fs::copy_options::recursive); }
  void write(const std::string& file, const nlohmann::json& content) {
    std::ofstream(folder.path() / file) << content;
  }
  TemporaryFolder folder;
};

std::vector<float> row(const std::vector<float>& all, std::size_t width, std::size_t i) {
  return {all.begin() + static_cast<std::ptrdiff_t>(i * width),
          all.begin() + static_cast<std::ptrdiff_t>((i + 1) * width)};
}

double norm_of(const std::vector<float>& x) {
  double sum = 0;
  for (const float value : x) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum);
}

TEST_CASE("texts get the embeddings that transformers makes in float64") {
  const fs::path folder = data_path("models/saccade-mini");
  if (lacks(folder / "reference.npz")) return;
  std::ifstream file(folder / "reference-texts.json");
  const auto texts = nlohmann::json::parse(file).get<std::vector<std::string>>();
  const std::vector<float> expected = read_tensor(TensorFile::open(folder / "reference.npz"), "embeddings");
  Engine engine;
  const std::vector<float> got = Encoder::load(engine, sample_model).embed(engine, texts);
  REQUIRE(got.size() == expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i])));
  CHECK(largest < 4e-7);
}

TEST_CASE("same bits: embeddings alone, in batches of any size, on each ISA and any number of threads") {
  std::vector<float> first;
  for (const Isa isa : supported_isas()) {
    for (const int threads : {1, 3}) {
      Engine engine({.threads = threads, .isa = isa});
      const Encoder encoder = Encoder::load(engine, sample_model);
      for (const std::int64_t budget : {0, 1, 20}) {
        const std::vector<float> all = encoder.embed(engine, sample_texts, {.token_budget = budget});
        if (first.empty()) first = all;
        CHECK(difference(all, first) == "");
      }
      std::vector<float> one_by_one;
      for (const std::string& text : sample_texts) {
        const std::vector<float> alone = encoder.embed(engine, std::span(&text, 1));
        one_by_one.insert(one_by_one.end(), alone.begin(), alone.end());
      }
      CHECK(difference(one_by_one, first) == "");
    }
  }
}

TEST_CASE("values are left out before vectors are normalised") {
  Engine engine;
  const Encoder encoder = Encoder::load(engine, sample_model);
  const std::vector<float> raw = encoder.embed(engine, sample_texts, {.normalize = false});
  const std::vector<float> some = encoder.embed(engine, sample_texts, {.truncate_dim = 50});
  REQUIRE(some.size() == 50 * sample_texts.size());
  for (std::size_t i = 0; i < sample_texts.size(); ++i) {
    std::vector<float> cut = row(raw, 128, i);
    cut.resize(50);
    const double norm = norm_of(cut);
    CHECK(norm_of(row(raw, 128, i)) != doctest::Approx(1.0).epsilon(1e-3));
    for (std::size_t j = 0; j < 50; ++j)
      CHECK(static_cast<double>(some[i * 50 + j]) ==
            doctest::Approx(static_cast<double>(cut[j]) / norm).epsilon(1e-5));
  }
}

TEST_CASE("poolings stand one behind the other, and are what the operator makes of the tokens' vectors") {
  ChangedModel model;
  model.write("modules.json",
              nlohmann::json::parse(R"([{"type": "sentence_transformers.models.Transformer", "path": ""},
                                        {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}])"));
  model.write("1_Pooling/config.json", {{"pooling_mode_cls_token", true}, {"pooling_mode_max_tokens", true}});
  Engine engine;
  const Encoder encoder = Encoder::load(engine, model.folder.path());
  CHECK(encoder.embedding_width() == 256);
  const std::vector<float> got = encoder.embed(engine, sample_texts);
  TokenBatch batch;
  for (const std::string& text : sample_texts) encoder.append(batch, text);
  std::vector<float> hidden(batch.ids().size() * 128);
  encoder.encode(engine, {batch.ids(), batch.types(), batch.offsets()},
                 {hidden.data(), static_cast<std::int64_t>(batch.ids().size()), 128, 128});
  for (std::size_t i = 0; i < sample_texts.size(); ++i) {
    const auto begin = static_cast<std::size_t>(batch.offsets()[i]),
               end = static_cast<std::size_t>(batch.offsets()[i + 1]);
    std::vector<float> expected = row(hidden, 128, begin), largest = expected;
    for (std::size_t t = begin; t < end; ++t)
      for (std::size_t j = 0; j < 128; ++j) largest[j] = std::max(largest[j], hidden[t * 128 + j]);
    expected.insert(expected.end(), largest.begin(), largest.end());
    CHECK(difference(row(got, 256, i), expected) == "");
  }
  const std::vector<float> both = encoder.embed(engine, sample_texts, {.pooling = {Pooling::max}});
  CHECK(difference(row(both, 128, 3), {got.begin() + 3 * 256 + 128, got.begin() + 4 * 256}) == "");
}

TEST_CASE("a prompt goes before the text") {
  ChangedModel model;
  model.write("config_sentence_transformers.json",
              {{"prompts", {{"query", "find: "}, {"passage", ""}}}, {"default_prompt_name", "query"}});
  Engine engine;
  const Encoder plain = Encoder::load(engine, sample_model);
  const Encoder encoder = Encoder::load(engine, model.folder.path());
  const std::vector<std::string> text = {"a whale"}, prompted = {"find: a whale"};
  const std::vector<float> expected = plain.embed(engine, prompted);
  CHECK(encoder.prompt_names() == std::vector<std::string>{"document", "passage", "query"});
  CHECK(difference(encoder.embed(engine, text), expected) == "");
  CHECK(difference(encoder.embed(engine, text, {.prompt_name = "query"}), expected) == "");
  CHECK(difference(plain.embed(engine, text, {.prompt = "find: "}), expected) == "");
  const std::vector<float> bare = plain.embed(engine, text);
  CHECK(difference(encoder.embed(engine, text, {.prompt = ""}), bare) == "");
  CHECK(difference(encoder.embed(engine, text, {.prompt_name = "passage"}), bare) == "");
}

TEST_CASE("where the model wants it so, a prompt is read but not pooled") {
  ChangedModel model;
  model.write("modules.json",
              nlohmann::json::parse(R"([{"type": "sentence_transformers.models.Transformer", "path": ""},
                                        {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}])"));
  model.write("1_Pooling/config.json", {{"pooling_mode", "max"}, {"include_prompt", false}});
  Engine engine;
  const Encoder encoder = Encoder::load(engine, model.folder.path());
  const std::vector<std::string> text = {"a whale"};
  const EmbedOptions options = {.prompt = "the sea: "};
  TokenBatch prompt, whole;
  encoder.append(prompt, "", options);
  encoder.append(whole, text[0], options);
  const auto skipped = static_cast<std::size_t>(prompt.ids().size()) - 1;  // but its [SEP]
  REQUIRE(skipped == 4);
  const std::size_t tokens = whole.ids().size();
  std::vector<float> hidden(tokens * 128);
  encoder.encode(engine, {whole.ids(), whole.types(), whole.offsets()},
                 {hidden.data(), static_cast<std::int64_t>(tokens), 128, 128});
  std::vector<float> expected = row(hidden, 128, skipped);
  for (std::size_t t = skipped; t < tokens; ++t)
    for (std::size_t j = 0; j < 128; ++j) expected[j] = std::max(expected[j], hidden[t * 128 + j]);
  CHECK(difference(encoder.embed(engine, text, options), expected) == "");
}

TEST_CASE("texts are made lower case and cut to length where the directory says so") {
  ChangedModel model;
  model.write("sentence_bert_config.json", {{"max_seq_length", 5}, {"do_lower_case", true}});
  Engine engine;
  const Encoder encoder = Encoder::load(engine, model.folder.path());
  CHECK(encoder.max_length() == 5);
  TokenBatch upper, lower;
  const Tokenized done = encoder.append(upper, "THE LAW WILL NEVER BE PERFECT\xff");
  CHECK(done.tokens == 5);
  CHECK(done.truncated);
  CHECK(done.replaced == 1);
  encoder.append(lower, "the law will");
  CHECK(std::equal(upper.ids().begin(), upper.ids().end(), lower.ids().begin(), lower.ids().end()));
  CHECK(encoder.append(upper, "the law will never", {.max_length = 6}).tokens == 6);
}

TEST_CASE("lower case by the directory leaves special tokens, and is nothing where the tokenizer lowers") {
  ChangedModel lowering, cased;
  lowering.write("sentence_bert_config.json", {{"do_lower_case", true}});
  cased.write("sentence_bert_config.json", {{"do_lower_case", true}});
  cased.write("tokenizer_config.json", {{"tokenizer_class", "BertTokenizer"}, {"do_lower_case", false}});
  Engine engine;
  TokenBatch expected;
  Encoder::load(engine, sample_model).append(expected, "the [MASK] sat");
  for (const ChangedModel* const model : {&lowering, &cased}) {
    const Encoder encoder = Encoder::load(engine, model->folder.path());
    for (const std::string text : {"the [MASK] sat", "The [MASK] SAT"}) {
      TokenBatch got;
      encoder.append(got, text);
      CHECK(std::equal(got.ids().begin(), got.ids().end(), expected.ids().begin(), expected.ids().end()));
      CHECK(encoder.tokenizer().tokenize(text).ids == std::vector(got.ids().begin(), got.ids().end()));
    }
  }
}

TEST_CASE("an encoder without a tokenizer takes ids, and says why it takes no text") {
  ChangedModel model;
  fs::remove(model.folder.path() / "tokenizer.json");
  fs::remove(model.folder.path() / "vocab.txt");
  Engine engine;
  const Encoder encoder = Encoder::load(engine, model.folder.path());
  const Encoder whole = Encoder::load(engine, sample_model);
  TokenBatch batch;
  whole.append(batch, sample_texts[0]);
  std::vector<float> got(128);
  encoder.embed(engine, {batch.ids(), batch.types(), batch.offsets()}, {got.data(), 1, 128, 128});
  CHECK(difference(got, whole.embed(engine, std::span(sample_texts).first(1))) == "");
  expect_error(ErrorCode::file_not_usable, {model.folder.path().string(), "neither tokenizer.json nor"},
               [&] { static_cast<void>(encoder.embed(engine, sample_texts)); });
}

TEST_CASE("options that do not fit the model are refused with the numbers") {
  Engine engine;
  const Encoder encoder = Encoder::load(engine, sample_model);
  const auto expect = [&](std::initializer_list<std::string> parts, const EmbedOptions& options) {
    expect_error(ErrorCode::invalid_argument, parts,
                 [&] { static_cast<void>(encoder.embed(engine, sample_texts, options)); });
  };
  expect({"max_length is 257", "256"}, {.max_length = 257});
  expect({"max_length is -1", "0 or more"}, {.max_length = -1});
  expect({"truncate_dim is 129", "128 values"}, {.truncate_dim = 129});
  expect({"token_budget is -1"}, {.token_budget = -1});
  expect({"gives 256 values", "takes 128"}, {.pooling = {Pooling::max, Pooling::mean}});
  expect({"prompt_name is 'none'", "document, query"}, {.prompt_name = "none"});
  expect({"both a prompt and prompt_name 'query'"}, {.prompt = "", .prompt_name = "query"});
  std::vector<float> out(128, 7.0f);
  const std::vector<std::int32_t> ids = {1, 13000};
  const std::vector<std::int64_t> offsets = {0, 2};
  expect_error(ErrorCode::invalid_argument, {"13000"}, [&] {
    encoder.embed(engine, {.ids = ids, .offsets = offsets}, {out.data(), 1, 128, 128});
  });
  expect_error(ErrorCode::invalid_argument, {"embeddings.columns is 64", "128"}, [&] {
    encoder.embed(engine, {.ids = std::span(ids).first(1), .offsets = std::vector<std::int64_t>{0, 1}},
                  {out.data(), 1, 64, 128});
  });
  CHECK(std::all_of(out.begin(), out.end(), [](float value) { return value == 7.0f; }));
}

}  // namespace
}  // namespace saccade::test
