#include "engine/spec.h"

#include "engine/error.h"
#include "engine/text.h"

#include <algorithm>
#include <utility>

#include <fmt/ranges.h>

namespace noisegate {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find(separator, begin)) != std::string::npos; begin = end + 1) {
    parts.push_back(text.substr(begin, end - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

constexpr std::size_t longest = 4096;  // room for several paths

}  // namespace

std::string Spec::where() const {
  return fmt::format("{} '{}'", what_, shown(text_, 200));
}

Spec::Spec(std::string text, std::string what) : text_(std::move(text)), what_(std::move(what)) {
  const std::size_t colon = text_.find(':');
  name_ = text_.substr(0, colon);
  if (text_.size() > longest)
    reject("{} '{}' is {} characters long, more than {}", what_, shown(text_), text_.size(), longest);
  if (name_.empty()) reject("{} has no name: write NAME or NAME:KEY=VALUE,...", where());
  if (colon == std::string::npos) return;

  bool first = true;
  for (const std::string& part : split(text_.substr(colon + 1), ',')) {
    const std::size_t equals = part.find('=');
    const bool keyless = equals == std::string::npos;
    if (part.empty() || equals == 0 || (keyless && !first)) {
      reject("{}: '{}' is not of the form KEY=VALUE", where(), shown(part));
    }
    const std::string key = keyless ? "" : part.substr(0, equals);
    const std::string value = keyless ? part : part.substr(equals + 1);
    if (!values_.emplace(key, value).second) reject("{}: {} is given twice", where(), shown(key));
    first = false;
  }
}

void Spec::expect(const std::vector<std::string>& keys) {
  if (keys.empty() && !values_.empty()) reject("{}: {} takes no parameters", where(), shown(name_));
  if (auto main = values_.extract("")) {
    main.key() = keys.front();
    if (!values_.insert(std::move(main)).inserted) {
      reject("{}: {} is given twice", where(), keys.front());
    }
  }
  for (const auto& [key, value] : values_) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      reject("{}: {} has no parameter {}; it knows {}", where(), shown(name_), shown(key),
             fmt::join(keys, ", "));
    }
  }
}

bool Spec::has(const std::string& key) const {
  return values_.contains(key);
}

std::string Spec::word(const std::string& key, const std::string& fallback) const {
  const auto found = values_.find(key);
  return found == values_.end() ? fallback : found->second;
}

void Spec::unknown(const std::vector<std::string>& known) const {
  reject("{}: there is no {}; known are {}", where(), shown(name_), fmt::join(known, ", "));
}

}  // namespace noisegate
