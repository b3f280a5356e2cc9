// TOML as the commands read it: keys are options, values are the text that the command line would have.
#pragma once

#include "tools/cli/options.h"

#include <filesystem>
#include <string>
#include <vector>

#include <toml++/toml.h>

namespace noisegate {

/// Reads a TOML file. Throws Error naming the file if it is missing, and with the line if it is not TOML.
toml::table parse_toml_file(const std::filesystem::path& file);

/// Parses TOML text; messages call it `name`.
toml::table parse_toml(const std::string& text, const std::string& name);

/// Returns the text in quotes, as TOML writes it. It must be UTF-8.
std::string toml_string(const std::string& text);

/// Returns a value as text that assign() takes; throws Error for tables, lists and dates. `where` names the
/// value: "'epochs' in run.toml".
std::string text_of(const toml::node& value, const std::string& where);

/// Sets the options that the table names. Throws Error naming the file for an unknown key (listing the known
/// ones) and for a value of the wrong type.
void assign_table(const toml::table& table, const std::string& file, const std::vector<Option>& options);

}  // namespace noisegate
