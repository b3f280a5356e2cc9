// The text files of list datasets: lines of `PATH LABEL`, of class names, or of `LABEL CLASS`. UTF-8 (paths
// may be any bytes), with or without a byte order mark, lines ending in LF or CRLF; blank lines and lines
// that begin with # are skipped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace noisegate {

struct ListEntry {
  std::string path;    // as written; may have spaces
  std::int32_t label;  // at least 0
  int line;            // counted from 1
};

/// Parses the list file `name`: the last word of each line is the label. Throws Error naming file and line if
/// a line has no path, no whole number from 0 to 2^31−1, or a zero byte, and naming the file if it has no
/// entries.
std::vector<ListEntry> parse_list(std::string_view text, const std::string& name);

/// Parses which label becomes which class. Throws Error as parse_list does, and for a label that is named
/// twice.
std::map<std::int32_t, std::int32_t> parse_label_map(std::string_view text, const std::string& name);

/// Parses one class name per line. Throws Error if there is none, and naming the line of one that is not
/// UTF-8.
std::vector<std::string> parse_class_names(std::string_view text, const std::string& name);

}  // namespace noisegate
