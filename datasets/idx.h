// The idx format of MNIST (LeCun et al. 1998): two zero bytes, the type (8: unsigned bytes), the number of
// dimensions, each dimension as a big-endian 32-bit number, then the values in row-major order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

struct IdxArray {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;
};

/// Its shape alone, for which no more than the header is unpacked. Throws Error as parse_idx does.
std::vector<std::int64_t> idx_shape(std::span<const std::byte> bytes, const std::string& name, int rank);

/// The array of bytes with `rank` dimensions that the file `name` holds, plain or packed by gzip. Throws
/// Error naming the file where it is something else, or where its header promises more or fewer bytes than
/// there are, or more than a GiB; no more is unpacked than the header promises.
IdxArray parse_idx(std::span<const std::byte> bytes, const std::string& name, int rank);

}  // namespace noisegate
