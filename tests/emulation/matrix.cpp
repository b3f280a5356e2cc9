#include "tests/emulation/matrix.h"

#include <bit>

namespace noisegate::emulation {

float Tf32::number(std::uint32_t bits, int) {
  return std::bit_cast<float>(bits & ~0x1fffu);
}

float Bfloat16Pair::number(std::uint32_t bits, int element) {
  return std::bit_cast<float>(element == 0 ? bits << 16 : bits & 0xffff0000u);
}

std::uint32_t round_to_tf32(float value) {
  return (std::bit_cast<std::uint32_t>(value) + 0x1000u) & ~0x1fffu;
}

float number_of_tf32(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

template <class Format>
cuda::FragmentC multiply(const LaneValues<Fragments>& lanes, int lane) {
  constexpr int elements = Format::elements, depth = 8 * elements;
  const auto a = [&](int row, int k) {
    const int within = k % (4 * elements), owner = row % 8 * 4 + within / elements;
    const std::uint32_t bits = lanes[owner].a.registers[row / 8 + 2 * (k / (4 * elements))];
    return Format::number(bits, within % elements);
  };
  const auto b = [&](int k, int column) {
    const int within = k % (4 * elements), owner = column * 4 + within / elements;
    return Format::number(lanes[owner].b.registers[k / (4 * elements)], within % elements);
  };
  cuda::FragmentC product{};
  for (int k = 0; k < depth; ++k) {
    const float from_a[] = {a(cuda::row_of_c(lane, 0), k), a(cuda::row_of_c(lane, 2), k)};
    const float from_b[] = {b(k, cuda::column_of_c(lane, 0)), b(k, cuda::column_of_c(lane, 1))};
    for (int r = 0; r < 4; ++r) product.values[r] += from_a[r / 2] * from_b[r % 2];
  }
  return product;
}

template cuda::FragmentC multiply<Tf32>(const LaneValues<Fragments>&, int);
template cuda::FragmentC multiply<Bfloat16Pair>(const LaneValues<Fragments>&, int);

}  // namespace noisegate::emulation
