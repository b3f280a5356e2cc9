// The ten shapes of the synthetic dataset. Each function says whether the point (x, y) lies inside its shape,
// in units in which the shape reaches to about 256 from the origin.
#pragma once

#include <array>
#include <cstdlib>

namespace noisegate::figures {

constexpr bool within(int x, int y, int radius) {
  return x * x + y * y <= radius * radius;
}

inline bool disk(int x, int y) {
  return within(x, y, 210);
}
inline bool ring(int x, int y) {
  return within(x, y, 240) && !within(x, y, 130);
}
inline bool box(int x, int y) {
  return std::abs(x) <= 190 && std::abs(y) <= 190;
}
inline bool frame(int x, int y) {
  return box(x * 9 / 10, y * 9 / 10) && !(std::abs(x) <= 110 && std::abs(y) <= 110);
}
inline bool triangle(int x, int y) {
  return y <= 130 && 7 * std::abs(x) <= 4 * (y + 256);
}
inline bool cross(int x, int y) {
  return (std::abs(x) <= 70 && std::abs(y) <= 240) || (std::abs(y) <= 70 && std::abs(x) <= 240);
}
inline bool stripes(int x, int y) {
  return within(x, y, 250) && ((x + 1024) / 84) % 2 == 0;
}
inline bool checker(int x, int y) {
  return std::abs(x) <= 225 && std::abs(y) <= 225 && ((x + 225) / 150 + (y + 225) / 150) % 2 == 0;
}
inline bool crescent(int x, int y) {
  return within(x, y, 240) && !within(x - 110, y, 190);
}
inline bool hourglass(int x, int y) {
  return std::abs(y) <= 220 && 4 * std::abs(x) <= 3 * std::abs(y) + 60;
}

struct Figure {
  const char* name;
  bool (*inside)(int x, int y);
};

inline constexpr std::array<Figure, 10> all = {{
    {"disk", disk},
    {"ring", ring},
    {"box", box},
    {"frame", frame},
    {"triangle", triangle},
    {"cross", cross},
    {"stripes", stripes},
    {"checker", checker},
    {"crescent", crescent},
    {"hourglass", hourglass},
}};

}  // namespace noisegate::figures
