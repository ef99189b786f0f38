#include <algorithm>
#include <string>
#include <vector>

#include "core/as_size.hpp"
#include "core/public_call.hpp"
#include "core/require.hpp"
#include "io/files/errors.hpp"
#include "io/formats/storage_types.hpp"
#include "ops/similarity.hpp"
#include "saccade/similar.hpp"

namespace saccade {
namespace {

using core::as_size;

/// Values that are read from a file at once: 32 MiB as fp32.
constexpr std::int64_t piece_values = std::int64_t{1} << 23;

/// The rows of a tensor [rows][width]. Throws for another shape.
std::int64_t rows_of(const io::Place& place, const TensorInfo& info, std::int64_t width) {
  if (info.shape.size() == 2 && info.shape[1] == width) return info.shape[0];
  throw io::format_error(place, "is " + io::shape_text(info.shape) + "; expected [rows, " +
                                    std::to_string(width) + "], vectors as wide as the queries");
}

}  // namespace

std::vector<std::vector<SimilarRow>> find_similar_rows(Engine& engine, ConstMatrixView queries,
                                                       ConstMatrixView vectors, std::int64_t count) try {
  ops::validate_similarity(queries, count);
  ops::validate_vectors(vectors, queries);
  ops::SimilaritySearch search(scheduler::context_of(engine), queries, count);
  if (const auto bad = search.add(vectors, 0))
    core::fail(core::item("vectors", as_size(*bad)) + " has a value that is not finite");
  return search.best();
} catch (...) {
  core::rethrow_as_error();
}

std::vector<std::vector<SimilarRow>> find_similar_rows(Engine& engine, ConstMatrixView queries,
                                                       const TensorFile& file, std::string_view tensor,
                                                       std::int64_t count, std::stop_token stop) try {
  ops::validate_similarity(queries, count);
  const io::Place place = {file.path(), std::string(tensor)};
  const std::int64_t width = queries.columns, rows = rows_of(place, file.at(tensor), width);
  const std::int64_t at_once = std::min(rows, std::max<std::int64_t>(1, piece_values / width));
  std::vector<float> values(as_size(at_once * width));
  ops::SimilaritySearch search(scheduler::context_of(engine), queries, count);
  for (std::int64_t first = 0; first < rows; first += at_once) {
    if (stop.stop_requested())
      throw Error(ErrorCode::cancelled, "stopped on request after " + std::to_string(first) + " vectors");
    const std::int64_t n = std::min(at_once, rows - first);
    file.read(tensor, first * width, std::span(values).first(as_size(n * width)));
    if (const auto bad = search.add({values.data(), n, width, width}, first))
      throw io::format_error(place,
                             "row " + std::to_string(first + *bad) + " has a value that is not finite");
  }
  return search.best();
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
