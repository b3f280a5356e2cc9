// The files of tools/config/recipes/, which the build puts into the executable so that recipes are where it
// is.
#pragma once

#include <string>
#include <vector>

namespace noisegate {

struct RecipeText {
  std::string name;  // "ogc-ce-cifar10", the file's without .toml
  std::string toml;
};

/// By name.
const std::vector<RecipeText>& recipe_texts();

}  // namespace noisegate
