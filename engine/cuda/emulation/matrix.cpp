#include "engine/cuda/emulation/matrix.h"

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

cuda::Pack<std::uint32_t, 4> matrices_of_lane(const LaneValues<cuda::Pack<Bfloat16, 8>>& rows, int lane,
                                              bool transposed) {
  const int group = lane / 4, member = lane % 4;
  cuda::Pack<std::uint32_t, 4> registers;
  for (int matrix = 0; matrix < 4; ++matrix) {
    std::uint32_t bits[2];
    for (int e = 0; e < 2; ++e) {
      const int row = transposed ? 2 * member + e : group, column = transposed ? group : 2 * member + e;
      bits[e] = rows[8 * matrix + row][column].bits;
    }
    registers[matrix] = bits[0] | bits[1] << 16;
  }
  return registers;
}

template <class Format>
std::array<cuda::FragmentC, warp_size> multiply(const LaneValues<Fragments>& lanes) {
  constexpr int elements = Format::elements, depth = 8 * elements;
  float a[16][depth], b[depth][8];
  for (int lane = 0; lane < warp_size; ++lane) {
    const Fragments own = lanes[lane];
    const int group = lane / 4, member = lane % 4;
    for (int e = 0; e < elements; ++e) {
      const int k = elements * member + e;
      for (int r = 0; r < 4; ++r)
        a[group + 8 * (r % 2)][k + 4 * elements * (r / 2)] = Format::number(own.a.registers[r], e);
      for (int r = 0; r < 2; ++r) b[k + 4 * elements * r][group] = Format::number(own.b.registers[r], e);
    }
  }
  float c[16][8]{};
  for (int row = 0; row < 16; ++row)
    for (int k = 0; k < depth; ++k)
      for (int column = 0; column < 8; ++column) c[row][column] += a[row][k] * b[k][column];

  std::array<cuda::FragmentC, warp_size> product;
  for (int lane = 0; lane < warp_size; ++lane)
    for (int r = 0; r < 4; ++r)
      product[lane].values[r] = c[cuda::row_of_c(lane, r)][cuda::column_of_c(lane, r)];
  return product;
}

template std::array<cuda::FragmentC, warp_size> multiply<Tf32>(const LaneValues<Fragments>&);
template std::array<cuda::FragmentC, warp_size> multiply<Bfloat16Pair>(const LaneValues<Fragments>&);

}  // namespace noisegate::emulation
