#include <string>

#include "core/require.hpp"
#include "ops/attention/validate.hpp"

namespace saccade::ops {
namespace {

/// Merging goes by tokens and knows no sequences.
void require_no_sequences(std::string_view name, const ConstHeadsView& view) {
  if (view.sequence_stride != 0)
    core::fail(name, ".sequence_stride is " + core::to_text(view.sequence_stride) + "; expected 0");
}

/// What both ways of merging write.
void validate_outputs(const HeadsView& out, const HeadsView& log_sum_exp) {
  validate(out, "out");
  require_no_sequences("out", out);
  require_no_sequences("log_sum_exp", log_sum_exp);
  const std::int64_t offsets[] = {0, out.tokens};
  require_distinct(out, "out", offsets);
  validate_log_sum_exp(log_sum_exp, out.tokens, out.heads, offsets);
}

}  // namespace

void validate_merge(std::span<const StatesView> parts, const HeadsView& out, std::span<const float> sinks,
                    const HeadsView& log_sum_exp) {
  validate_outputs(out, log_sum_exp);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (parts[p].blocks < 0)
      core::fail(core::item("parts", p) + ".blocks is " + core::to_text(parts[p].blocks));
    if (parts[p].data == nullptr && parts[p].blocks > 0 && out.tokens > 0)
      core::fail(core::item("parts", p) + ".data is null");
  }
  if (!sinks.empty())
    core::require_equal("the number of sinks", static_cast<std::int64_t>(sinks.size()), "out.heads",
                        out.heads);
}

void validate_merge(const PartialResult& first, const PartialResult& second, const HeadsView& out,
                    const HeadsView& log_sum_exp) {
  validate_outputs(out, log_sum_exp);
  const auto check = [&](const ConstHeadsView& view, std::string_view name, std::int64_t head_dim) {
    const auto require = [&](std::string_view member, std::int64_t got, std::int64_t expected) {
      if (got != expected)
        core::fail(name, std::string(member) + " is " + core::to_text(got) + "; expected " +
                             core::to_text(expected));
    };
    validate(view, name);
    require_no_sequences(name, view);
    require(".tokens", view.tokens, out.tokens);
    require(".heads", view.heads, out.heads);
    require(".head_dim", view.head_dim, head_dim);
    if (view.type != StorageType::f32) core::fail(name, " is not f32");
  };
  check(first.out, "first.out", out.head_dim);
  check(second.out, "second.out", out.head_dim);
  check(first.log_sum_exp, "first.log_sum_exp", 1);
  check(second.log_sum_exp, "second.log_sum_exp", 1);
  if (log_sum_exp.data != nullptr && log_sum_exp.type != StorageType::f32)
    core::fail("log_sum_exp is not f32");
  if (out.type != StorageType::f32) core::fail("out is not f32");
}

}  // namespace saccade::ops
