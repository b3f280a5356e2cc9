#pragma once

#include <type_traits>

namespace noisegate {

template <class... Ts>
struct TypeList {
  template <class T>
  static constexpr bool contains = (std::is_same_v<T, Ts> || ...);

  /// Calls visit(std::type_identity<T>()) for each T, in order.
  template <class Visit>
  static void for_each(Visit visit) {
    (visit(std::type_identity<Ts>()), ...);
  }
};

}  // namespace noisegate
