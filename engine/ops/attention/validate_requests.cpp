#include <algorithm>
#include <string>

#include "core/as_size.hpp"
#include "core/checked.hpp"
#include "core/require.hpp"
#include "ops/attention/validate.hpp"

namespace saccade::ops {
namespace {

std::string request_name(std::size_t request) {
  return "probabilities[" + std::to_string(request) + "]";
}

void validate_heads(const ProbabilitiesRequest& request, std::size_t number, std::int64_t heads) {
  for (std::size_t i = 0; i < request.heads.size(); ++i) {
    const std::int32_t head = request.heads[i];
    if (head < 0 || head >= heads)
      core::fail(request_name(number), ": head " + core::to_text(head) + " of " + core::to_text(heads));
    if (std::find(request.heads.begin(), request.heads.begin() + static_cast<std::ptrdiff_t>(i), head) !=
        request.heads.begin() + static_cast<std::ptrdiff_t>(i))
      core::fail(request_name(number), ": head " + core::to_text(head) + " is asked for twice");
  }
}

void validate_queries(const ProbabilitiesRequest& request, std::size_t number, std::int64_t queries) {
  for (std::size_t i = 0; i < request.queries.size(); ++i) {
    const std::int64_t query = request.queries[i];
    if (query < 0 || query >= queries)
      core::fail(request_name(number), ": query " + core::to_text(query) + " of " + core::to_text(queries));
    if (i > 0 && query <= request.queries[i - 1])
      core::fail(request_name(number), ": query " + core::to_text(query) + " after query " +
                                           core::to_text(request.queries[i - 1]) +
                                           "; expected ascending queries, each once");
  }
}

void validate(const ProbabilitiesRequest& request, std::size_t number, const AttentionProblem& p) {
  const std::int64_t heads = p.q.heads, keys = p.keys(request.sequence),
                     all_queries = p.queries(request.sequence);
  validate_heads(request, number, heads);
  validate_queries(request, number, all_queries);
  if (request.mean_over_heads && request.point != ScorePoint::probabilities)
    core::fail(request_name(number), ": a mean over heads is of probabilities only");
  const std::int64_t asked = request.mean_over_heads ? 1
                             : request.heads.empty() ? heads
                                                     : static_cast<std::int64_t>(request.heads.size());
  const std::int64_t queries =
      request.queries.empty() ? all_queries : static_cast<std::int64_t>(request.queries.size());
  const auto map = core::checked_multiply(queries, keys);
  const auto room = map ? core::checked_multiply(*map, asked) : map;
  if (!room || request.out.size() < core::as_size(*room))
    core::fail(request_name(number), ".out has room for " + std::to_string(request.out.size()) +
                                         " values; expected " + core::to_text(asked) + " heads x " +
                                         core::to_text(queries) + " queries x " + core::to_text(keys) +
                                         " keys");
}

}  // namespace

void validate_requests(const AttentionProblem& p) {
  const std::span<const ProbabilitiesRequest> requests = p.options.probabilities;
  for (std::size_t r = 0; r < requests.size(); ++r) {
    const std::int64_t s = requests[r].sequence;
    if (s < 0 || s >= p.sequences())
      core::fail(request_name(r), ": sequence " + core::to_text(s) + " of " + core::to_text(p.sequences()));
    if (r > 0 && s <= requests[r - 1].sequence)
      core::fail(request_name(r), ": sequence " + core::to_text(s) + " after sequence " +
                                      core::to_text(requests[r - 1].sequence) +
                                      "; expected ascending sequences, each once");
    validate(requests[r], r, p);
  }
}

void validate(std::span<const ProbabilitiesRequest> requests, Offsets offsets, std::int64_t heads) {
  validate_requests({.q = {.heads = heads}, .offsets = offsets, .options = {.probabilities = requests}});
}

}  // namespace saccade::ops
