#include "saccade/embed_files.hpp"
#include "fixtures/paths.hpp"

#include <doctest/doctest.h>

#include <stop_token>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "fixtures/tensors.hpp"
#include "fixtures/test_data.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct Fixture {
  TemporaryFolder folder;
  Engine engine;
  Encoder encoder = Encoder::load(engine, sample_model_path());
  std::vector<fs::path> inputs;

  Fixture() {
    std::string lines;
    for (int i = 0; i < 400; ++i)
      lines += "line " + std::string(static_cast<std::size_t>(i % 50), 'x') + "\n";
    inputs = {folder.write("a.txt", lines), folder.write("b.txt", "last\n")};
  }
  EmbedFilesSummary embed(const std::string& output, const EmbedFilesOptions& options) {
    return embed_files(engine, encoder, inputs, folder / output, options);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "progress goes from nothing to all, and counts what the summary does") {
  std::vector<EmbedProgress> seen;
  EmbedFilesOptions options = {.embed = {.token_budget = 100}};
  options.on_progress = [&](const EmbedProgress& progress) { seen.push_back(progress); };
  const EmbedFilesSummary summary = embed("out.npy", options);
  CHECK(summary.texts == 401);
  CHECK(seen.size() > 5);
  CHECK(seen.front().texts_done == 0);
  CHECK(seen.front().bytes_done == 0);
  CHECK(seen.back().texts_done == 401);
  CHECK(seen.back().tokens_done == summary.tokens);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].bytes == fs::file_size(inputs[0]) + 5);
    CHECK(seen[i].texts == 0);
    if (i > 0) CHECK(seen[i].bytes_done > seen[i - 1].bytes_done);
  }
  CHECK(seen.back().bytes_done == seen.back().bytes);
  options.shard = {1, 3};
  embed("out.npy", options);
  CHECK(seen.back().texts == 134);
  CHECK(seen.back().texts_done == 134);
}

TEST_CASE_FIXTURE(Fixture, "stopped before any text: nothing is left; later: all that was done is") {
  embed("whole.npy", {});
  std::stop_source stop;
  EmbedFilesOptions options = {.embed = {.token_budget = 100}, .stop = stop.get_token()};
  std::int64_t done = -1;
  std::int64_t stop_after = 0;
  options.on_progress = [&](const EmbedProgress& progress) {
    done = progress.texts_done;
    if (done >= stop_after) stop.request_stop();
  };
  const Names before = folder.names();
  expect_error(ErrorCode::cancelled, {"out.npy", "after 0 texts"}, [&] { embed("out.npy", options); });
  CHECK(folder.names() == before);
  for (stop_after = 1; stop_after < 401; stop_after = done + 50) {
    stop = std::stop_source();
    options.stop = stop.get_token();
    options.resume = true;
    try {
      embed("out.npy", options);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::cancelled);
      check_contains(error.what(), {"after " + std::to_string(done) + " texts",
                                    std::to_string(done) + " texts are kept in", "out.npy.partial"});
    }
  }
  options.stop = {};
  options.on_progress = {};
  const EmbedFilesSummary summary = embed("out.npy", options);
  CHECK(summary.texts == 401);
  CHECK(summary.texts_resumed == done);
  CHECK(read_bytes(folder / "out.npy") == read_bytes(folder / "whole.npy"));
}

TEST_CASE_FIXTURE(Fixture, "scratch stays what the first window took, whatever the number of texts") {
  Engine own({.threads = 2});
  const std::size_t limit = std::size_t{16} << 20;
  embed_files(own, encoder, inputs, folder / "out.npy", {.max_memory = limit});
  CHECK(own.scratch_bytes() > 0);
  CHECK(own.scratch_bytes() < limit);
}

TEST_CASE_FIXTURE(Fixture, "shards that are none, no input") {
  for (const Shard shard : {Shard{-1, 2}, Shard{2, 2}, Shard{0, 0}})
    expect_error(ErrorCode::invalid_argument, {"shard ", "expected one from 0"},
                 [&] { embed("out.npy", {.shard = shard}); });
  inputs.clear();
  expect_error(ErrorCode::invalid_argument, {"no input"}, [&] { embed("out.npy", {}); });
}

TEST_CASE_FIXTURE(Fixture, "outside data: the same bytes whatever is taken at a time") {
  inputs = test_data("text", ".txt");
  if (inputs.empty()) return;
  const std::string bytes = read_bytes(inputs[0]).substr(0, 200'000);
  inputs = {folder.write("real.txt", bytes)};
  const EmbedFilesSummary whole = embed("whole.npy", {.embed = {.token_budget = 8192}});
  CHECK(embed("out.npy", {.embed = {.token_budget = 300}}).tokens == whole.tokens);
  CHECK(read_bytes(folder / "out.npy") == read_bytes(folder / "whole.npy"));
}
