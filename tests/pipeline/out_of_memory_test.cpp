// Public calls with the n-th allocation failing, for growing n until they succeed: Error{out_of_memory} and
// nothing else comes out, nothing is left behind, and the next call works.

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"
#include "reference/allocations.hpp"
#include "saccade/saccade.hpp"

namespace saccade::test {
namespace {

namespace fs = std::filesystem;

/// What a call did while an allocation was to fail.
enum class Outcome { done, out_of_memory, other };

template <class Call>
Outcome outcome_of(const Call& call, std::int64_t n) {
  try {
    call([n] { fail_allocation(n); });
    return Outcome::done;
  } catch (const Error& error) {
    const bool memory = error.code() == ErrorCode::out_of_memory || error.code() == ErrorCode::memory_limit;
    return memory ? Outcome::out_of_memory : Outcome::other;
  } catch (...) {
    return Outcome::other;
  }
}

/// Fails allocation 1, 2, ..., and with longer steps later ones, until none of the call's is reached.
/// call(begin) calls begin() when its arguments are ready: their allocations are not the library's.
template <class Call, class Check>
void check_each_failure(const Call& call, const Check& check_after) {
  if (!allocations_are_counted()) return;
  int failures = 0;
  for (std::int64_t n = 1;; n += 1 + n / 6) {
    const Outcome outcome = outcome_of(call, n);
    const bool failed = fail_allocation(0);
    CAPTURE(n);
    CHECK(outcome != Outcome::other);
    check_after(outcome == Outcome::done);
    if (!failed) break;
    failures += outcome == Outcome::out_of_memory ? 1 : 0;
  }
  CHECK(failures > 0);
  CHECK(outcome_of(call, 0) == Outcome::done);
}

template <class Call>
void check_each_failure(const Call& call) {
  check_each_failure(call, [](bool) {});
}

struct Fixture {
  Engine engine = Engine({.threads = 1});
  TemporaryFolder folder;
  fs::path model = sample_model_path();
};

TEST_CASE_FIXTURE(Fixture, "out of memory: attention leaves the output as it is") {
  const std::vector<float> q(8 * 16, 0.5f);
  std::vector<float> out(q.size(), 7.0f);
  const std::vector<std::int64_t> offsets = {0, 8};
  const ConstHeadsView view = {q.data(), 8, 1, 16, 16, 16};
  check_each_failure(
      [&](const auto& begin) {
        begin();
        Engine fresh({.threads = 1});  // without scratch memory
        attention(fresh, {view, view, view, HeadsView{out.data(), 8, 1, 16, 16, 16}, offsets});
      },
      [&](bool done) {
        CHECK((out[0] == 7.0f) == !done);
        out.assign(out.size(), 7.0f);
      });
}

TEST_CASE_FIXTURE(Fixture, "out of memory: engines, tokenizers and encoders") {
  const auto check = [&](const auto& call) {
    check_each_failure([&](const auto& begin) {
      begin();
      call();
    });
  };
  check([&] { Engine another({.threads = 1}); });
  check([&] { static_cast<void>(Tokenizer::load(model)); });
  check([&] { static_cast<void>(Encoder::load(engine, model)); });
  const Encoder encoder = Encoder::load(engine, model);
  const std::vector<std::string> texts = {"a whale", "the sea and the ships"};
  check([&] { static_cast<void>(encoder.embed(engine, texts)); });
  check([&] { static_cast<void>(encoder.tokenizer().tokenize(texts[0])); });
  const fs::path inputs[] = {folder.write("t.txt", "a whale\nthe sea\n")};
  const std::vector<float> query = encoder.embed(engine, std::vector<std::string>{"boat"});
  const std::int64_t width = encoder.embedding_width();
  check([&] { static_cast<void>(find_similar(engine, encoder, {query.data(), 1, width, width}, inputs)); });
}

TEST_CASE_FIXTURE(Fixture, "out of memory: files of tensors") {
  const fs::path path = folder / "x.npz";
  const std::vector<float> values(6, 1.0f);
  check_each_failure(
      [&](const auto& begin) {
        std::vector<TensorInfo> tensors = {{.name = "x", .shape = {2, 3}}};
        begin();
        TensorFileWriter writer(path, std::move(tensors));
        writer.append("x", values);
        writer.commit();
      },
      [&](bool done) {
        CHECK(folder.names() == (done ? std::vector<std::string>{"x.npz"} : std::vector<std::string>{}));
        fs::remove(path);
      });
  check_each_failure([&](const auto& begin) {
    std::vector<float> x(6);
    begin();
    TensorFile::open(path).read("x", 0, x);
  });
}

}  // namespace
}  // namespace saccade::test
