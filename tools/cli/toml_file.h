// TOML as the commands read it: keys are options, values what the command line would have had as text.
#pragma once

#include "tools/cli/options.h"

#include <filesystem>
#include <string>
#include <vector>

#include <toml++/toml.h>

namespace noisegate {

/// Throws Error naming the file for one that is not there, and with the line for one that is not TOML.
toml::table parse_toml_file(const std::filesystem::path& file);

/// The same of text, for which `name` stands in messages.
toml::table parse_toml(const std::string& text, const std::string& name);

/// The text as TOML writes it, between quotes. It must be UTF-8.
std::string toml_string(const std::string& text);

/// A value as text that assign() takes; throws Error for tables, lists and dates. `where` names the value:
/// "'epochs' in run.toml".
std::string text_of(const toml::node& value, const std::string& where);

/// Sets the options that the table names. Throws Error naming the file for an unknown key (listing the known
/// ones) and for a value of the wrong type.
void assign_table(const toml::table& table, const std::string& file, const std::vector<Option>& options);

}  // namespace noisegate
