#include "bench/bench_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <sstream>
#include <utility>

#include "saccade/error.hpp"
#include "shell/figures.hpp"

namespace saccade::command {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Three significant digits in the largest unit of which there is at least one.
template <std::size_t n>
std::string in_units(double value, const std::array<std::pair<double, const char*>, n>& units) {
  std::size_t i = 0;
  while (i + 1 < n && value < units[i].first) ++i;
  const double amount = value / units[i].first;
  return fixed(amount, amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0) + " " + units[i].second;
}

std::string scientific(double value) {
  std::ostringstream text;
  text.precision(1);
  text << std::scientific << value;
  return text.str();
}

std::string number_text(double value, Cell cell) {
  static constexpr std::array<std::pair<double, const char*>, 3> times = {
      {{1.0, "s"}, {1e-3, "ms"}, {1e-6, "us"}}};
  static constexpr std::array<std::pair<double, const char*>, 4> sizes = {
      {{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}}};
  switch (cell) {
    case Cell::seconds:
      return in_units(value, times);
    case Cell::percent:
      return fixed(100 * value, 1) + " %";
    case Cell::decimal:
      return fixed(value, 1);
    case Cell::small:
      return scientific(value);
    case Cell::bytes:
      return value == 0 ? "0 B" : in_units(value, sizes);
    case Cell::text:
      break;
  }
  return fixed(value, 3);
}

/// The value of a row under a key; null where it has none.
Json value_of(const Json& row, const std::string& key) {
  return row.value(key, Json());
}

std::string cell_text(const Json& value, Cell cell) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (cell == Cell::text && value.is_number_integer()) return value.dump();
  return number_text(value.get<double>(), cell);
}

std::string csv_text(const Json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  const std::string text = value.get<std::string>();
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string blanks(width > text.size() ? width - text.size() : 0, ' ');
  return left ? text + blanks : blanks + text;
}

/// The name of a file until it is complete; empty for stdout, pipes and devices, which are written in place.
fs::path unfinished_path(const fs::path& path) {
  std::error_code unknown;
  if (path.empty() || (fs::exists(path, unknown) && !fs::is_regular_file(path, unknown))) return {};
  return path.string() + ".unfinished";
}

}  // namespace

BenchTable::BenchTable(TableFormat format, fs::path path, std::vector<Column> columns)
    : format_(format),
      path_(std::move(path)),
      unfinished_(unfinished_path(path_)),
      out_(path_.empty() ? std::cout : file_),
      columns_(std::move(columns)) {
  if (!path_.empty()) file_.open(unfinished_.empty() ? path_ : unfinished_);
  if (!out_) throw Error(ErrorCode::file_not_usable, path_.string() + ": cannot be written");
}

BenchTable::~BenchTable() {
  std::error_code gone;
  if (!unfinished_.empty()) fs::remove(unfinished_, gone);
}

void BenchTable::put(const std::string& text) {
  out_ << text << std::flush;
  if (!out_ && !path_.empty())
    throw Error(ErrorCode::file_not_usable, path_.string() + ": cannot be written");
}

void BenchTable::add(const Json& row) {
  switch (format_) {
    case TableFormat::md:
      add_md(row);
      break;
    case TableFormat::csv:
      add_csv(row);
      break;
    case TableFormat::json:
      put((rows_ == 0 ? "[\n" : ",\n") + row.dump());
      break;
    case TableFormat::jsonl:
      put(row.dump() + "\n");
      break;
  }
  ++rows_;
}

void BenchTable::add_md(const Json& row) {
  std::string head = "|", rule = "|", line = "|";
  for (const Column& column : columns_) {
    const std::size_t width = std::max(column.width, column.heading.size());
    const Json value = value_of(row, column.key);
    const std::string text = cell_text(value, column.cell);
    const bool left = column.cell == Cell::text && !value.is_number();
    if (rows_ == 0) {
      head += " " + padded(column.heading, width, left) + " |";
      rule += left ? std::string(width + 2, '-') + "|" : std::string(width + 1, '-') + ":|";
    }
    line += " " + padded(text, width, left) + " |";
  }
  put((rows_ == 0 ? head + "\n" + rule + "\n" : "") + line + "\n");
}

void BenchTable::add_csv(const Json& row) {
  std::string head, line;
  for (const auto& [key, value] : row.items()) {
    head += (head.empty() ? "" : ",") + key;
    line += (line.empty() ? "" : ",") + csv_text(value);
  }
  put((rows_ == 0 ? head + "\n" : "") + line + "\n");
}

void BenchTable::finish() {
  if (format_ == TableFormat::json) put(rows_ == 0 ? "[]\n" : "\n]\n");
  if (path_.empty()) return;
  file_.close();
  std::error_code error;
  if (!unfinished_.empty()) fs::rename(unfinished_, path_, error);
  if (!file_ || error) throw Error(ErrorCode::file_not_usable, path_.string() + ": cannot be written");
  unfinished_.clear();
}

}  // namespace saccade::command
