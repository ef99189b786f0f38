#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace saccade::command {

enum class TableFormat : std::uint8_t { md, csv, json, jsonl };

/// The way in which a value is printed in a Markdown table.
enum class Cell : std::uint8_t {
  text,     ///< as it is
  seconds,  ///< 12.3 us, 4.56 ms
  percent,  ///< of a share
  decimal,  ///< one digit after the point, from 1000 on none
  small,    ///< 1.2e-07
  bytes     ///< 34.1 MB
};

/// A column of the Markdown table: its title, and the field of the rows that it shows.
struct Column {
  std::string key, heading;
  Cell cell = Cell::text;
  std::size_t width = 7;  ///< at least; a wider value stands out
};

/// Rows of one kind, each written as soon as it is known: as a table of `columns` (md), or with all fields
/// (csv, json, jsonl). A file appears under its name only when finish() was called.
class BenchTable {
 public:
  /// An empty `path`: stdout. Throws Error{file_not_usable}.
  BenchTable(TableFormat format, std::filesystem::path path, std::vector<Column> columns);
  BenchTable(const BenchTable&) = delete;
  BenchTable& operator=(const BenchTable&) = delete;
  ~BenchTable();

  void add(const nlohmann::ordered_json& row);
  void finish();

 private:
  void add_md(const nlohmann::ordered_json& row);
  void add_csv(const nlohmann::ordered_json& row);
  void put(const std::string& text);

  TableFormat format_;
  std::filesystem::path path_, unfinished_;
  std::ofstream file_;
  std::ostream& out_;
  std::vector<Column> columns_;
  std::size_t rows_ = 0;
};

}  // namespace saccade::command
