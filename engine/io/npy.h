// NumPy's array files (.npy), versions 1 to 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

template <class T>
struct NumpyArray {
  std::vector<std::int64_t> shape;  // () for a scalar
  std::vector<T> values;            // in C order
};

/// Reads an array as T, one of float, double, int32 and int64. Booleans and integers of any width are
/// converted, to integers only where they fit; float32 and float64 are read as float and double, not as
/// integers. Arrays in Fortran order are put into C order. Throws Error naming the file and what is wrong
/// with it (truncated, trailing bytes, a header that lies about sizes, big-endian or object values).
template <class T>
NumpyArray<T> load_numpy(const std::filesystem::path& path);

/// Reads the array from the file's bytes; messages call the file `name`.
template <class T>
NumpyArray<T> parse_numpy(std::span<const std::byte> bytes, const std::string& name);

/// Writes little-endian values of float, double, int32 or int64 in C order, under a temporary name first
/// (see write_file_atomically). Throws Error naming the file.
template <class T>
void save_numpy(const std::filesystem::path& path, const std::vector<std::int64_t>& shape,
                std::span<const T> values);

}  // namespace noisegate
