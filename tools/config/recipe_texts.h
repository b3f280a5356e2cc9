// The files of tools/config/recipes/, which the build embeds in the executable.
#pragma once

#include <string>
#include <vector>

namespace noisegate {

struct RecipeText {
  std::string name;  // "ogc-ce-cifar10", the file's without .toml
  std::string toml;
};

/// Returns the texts, by name.
const std::vector<RecipeText>& recipe_texts();

}  // namespace noisegate
