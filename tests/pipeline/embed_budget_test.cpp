#include "pipeline/embed/embed_budget.hpp"
#include "fixtures/paths.hpp"

#include "fixtures/expect_error.hpp"

namespace {

using namespace saccade;
using Integers = std::vector<std::int64_t>;

struct Fixture {
  Engine engine{{.threads = 2}};
  Encoder encoder = Encoder::load(engine, test::sample_model_path());

  pipeline::EmbedBudget plan(const EmbedFilesOptions& options) {
    return pipeline::plan_budget(engine, encoder, options, 128);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the token budget is what is asked for, or what the memory allows") {
  CHECK(plan({}).tokens == 8192);
  CHECK(plan({.embed = {.token_budget = 100'000}}).tokens == 100'000);
  const std::int64_t much = plan({.embed = {.token_budget = std::int64_t{1} << 62}}).tokens;
  CHECK(much > 8192);
  CHECK(much < std::int64_t{1} << 40);
  std::int64_t before = 8192;
  for (const std::size_t memory : {std::size_t{32} << 20, std::size_t{8} << 20, std::size_t{4} << 20}) {
    const std::int64_t tokens = plan({.max_memory = memory}).tokens;
    CHECK(tokens <= before);
    before = tokens;
    CHECK(tokens > 0);
    const Integers one = {0, 254};
    CHECK(encoder.embed_workspace(engine, one, {.token_budget = tokens}) < memory);
  }
  CHECK(before < 8192);
}

TEST_CASE_FIXTURE(Fixture,
                  "one text of the greatest length that does not fit: both numbers, and just fitting") {
  for (const bool tokens : {false, true}) {
    std::string message;
    try {
      static_cast<void>(plan({.tokens = tokens, .max_memory = 1000}));
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::memory_limit);
      message = error.what();
    }
    test::check_contains(message, {"one text of 254 tokens needs ", "the limit is 1000"});
    const std::string before = "needs ";
    const std::size_t least = std::stoul(message.substr(message.find(before) + before.size()));
    CHECK(plan({.tokens = tokens, .max_memory = least}).tokens <= 254);
    test::expect_error(ErrorCode::memory_limit, {std::to_string(least)},
                       [&] { static_cast<void>(plan({.tokens = tokens, .max_memory = least - 1})); });
  }
}
