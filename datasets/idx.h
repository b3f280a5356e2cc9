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

/// Returns the array's shape and unpacks only the header. Throws Error as parse_idx does.
std::vector<std::int64_t> idx_shape(std::span<const std::byte> bytes, const std::string& name, int rank);

/// Returns the array of bytes with `rank` dimensions of the file `name`, plain or packed by gzip. Throws
/// Error naming the file for anything else, and if its header promises more or fewer bytes than there are, or
/// more than a GiB; it unpacks no more than the header promises.
IdxArray parse_idx(std::span<const std::byte> bytes, const std::string& name, int rank);

}  // namespace noisegate
