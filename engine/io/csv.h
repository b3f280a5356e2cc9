// Comma-separated numbers, the format of label files and transition matrices: no quotes, lines ended by LF or
// CRLF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace noisegate {

class CsvTable {
 public:
  /// Parses a file's bytes, which must outlive the table; messages call the file `name`. With a header, the
  /// first line names the columns. Throws Error naming the line if a row has more or fewer cells than the
  /// first.
  CsvTable(std::span<const std::byte> bytes, std::string name, bool has_header);

  const std::string& name() const { return name_; }
  const std::vector<std::string_view>& header() const { return header_; }
  std::size_t rows() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  std::size_t columns() const { return columns_; }

  bool has(std::string_view column) const;
  /// Returns the column of this name. Throws Error if there is none, and naming the line of a cell that is no
  /// whole number.
  std::vector<std::int64_t> integers(std::string_view column) const;
  /// Returns all cells, row after row. Throws Error naming the line of a cell that is no finite number.
  std::vector<double> numbers() const;

 private:
  void add_line(std::string_view line);
  /// Returns the line number of a row in the file, counted from 1.
  std::size_t line_of(std::size_t row) const { return row + (header_.empty() ? 1 : 2); }

  std::string name_;
  std::vector<std::string_view> header_, cells_;  // cells row after row
  std::size_t columns_ = 0;
};

}  // namespace noisegate
