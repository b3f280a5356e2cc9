#include "engine/io/csv.h"

#include "engine/error.h"
#include "engine/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // some spreadsheets write it
constexpr std::size_t longest_cell = 20;                      // in messages

/// Takes the text up to the separator, and the separator, off its front.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string_view trimmed(std::string_view cell) {
  while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t')) cell.remove_prefix(1);
  while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t')) cell.remove_suffix(1);
  return cell;
}

std::vector<std::string_view> split_cells(std::string_view line) {
  std::vector<std::string_view> cells;
  const auto commas = std::count(line.begin(), line.end(), ',');
  for (std::ptrdiff_t i = 0; i <= commas; ++i) cells.push_back(trimmed(take_until(line, ',')));
  return cells;
}

template <class Number>
bool parse_cell(std::string_view cell, Number& number) {
  const char* end = cell.data() + cell.size();
  const auto [stopped, error] = std::from_chars(cell.data(), end, number);
  return error == std::errc() && stopped == end;
}

}  // namespace

CsvTable::CsvTable(std::span<const std::byte> bytes, std::string name, bool has_header)
    : name_(std::move(name)) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (text.empty()) reject("{} is empty", name_);
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (has_header && header_.empty()) {
      header_ = split_cells(line);
      columns_ = header_.size();
    } else {
      add_line(line);
    }
  }
}

void CsvTable::add_line(std::string_view line) {
  const std::vector<std::string_view> cells = split_cells(line);
  if (columns_ == 0) columns_ = cells.size();
  if (cells.size() != columns_)
    reject("{}: line {} has {} cells where the first has {}", name_, line_of(rows()), cells.size(), columns_);
  cells_.insert(cells_.end(), cells.begin(), cells.end());
}

bool CsvTable::has(std::string_view column) const {
  return std::find(header_.begin(), header_.end(), column) != header_.end();
}

std::vector<std::int64_t> CsvTable::integers(std::string_view column) const {
  const auto found = std::find(header_.begin(), header_.end(), column);
  if (found == header_.end()) {
    std::vector<std::string> names;
    for (const std::string_view title : header_) names.push_back(shown(title, longest_cell));
    reject("{} has no column {}: its first line names {}", name_, column, fmt::join(names, ", "));
  }
  std::vector<std::int64_t> values(rows());
  for (std::size_t row = 0; row < values.size(); ++row) {
    const std::string_view cell = cells_[row * columns_ + (found - header_.begin())];
    if (!parse_cell(cell, values[row]))
      reject("{}: line {} has '{}' for {}, which is no whole number", name_, line_of(row),
             shown(cell, longest_cell), column);
  }
  return values;
}

std::vector<double> CsvTable::numbers() const {
  std::vector<double> values(cells_.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!parse_cell(cells_[i], values[i]) || !std::isfinite(values[i]))
      reject("{}: line {} has '{}', which is no number", name_, line_of(i / columns_),
             shown(cells_[i], longest_cell));
  return values;
}

}  // namespace noisegate
