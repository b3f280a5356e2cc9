#include "datasets/image_file.h"

#include "datasets/jpeg_tables.h"
#include "datasets/png_chunks.h"
#include "engine/error.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string_view>

namespace {

// No block that the decoder asks for may be larger: it unpacks a PNG's data to their end, however much that
// is.
thread_local std::size_t largest_block = 0;

// Small blocks are decoder tables that a file may read before writing: zero them.
void* allocate_block(std::size_t bytes) {
  constexpr std::size_t small = 1 << 16;
  if (bytes > largest_block) return nullptr;
  return bytes <= small ? std::calloc(1, bytes) : std::malloc(bytes);
}
void* reallocate_block(void* block, std::size_t bytes) {
  return bytes <= largest_block ? std::realloc(block, bytes) : nullptr;
}

}  // namespace

#define STBI_MALLOC(bytes) allocate_block(bytes)
#define STBI_REALLOC(block, bytes) reallocate_block(block, bytes)
#define STBI_FREE(block) std::free(block)
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

namespace noisegate {
namespace {

constexpr std::int64_t most_pixels = 64'000'000;
constexpr int longest_side =
    65'535;  // JPEG's; a PNG may say more, and then the margins below outgrow the image
constexpr std::size_t block_for_header = 1 << 20;

/// The largest block that decoding an image of this size takes: 16 bits for each of four channels, for whole
/// JPEG blocks, and some for tables; or the file's packed data, gathered in blocks of twice the size each.
std::size_t block_for(std::int64_t height, std::int64_t width, std::size_t file) {
  return std::max(static_cast<std::size_t>(8 * (height + 64) * (width + 64)), 2 * file) + block_for_header;
}

/// Throws Error where a JPEG's last scan has no end: newer stb_image fills what is missing with grey. Both
/// markers cannot stand within a scan, whose 0xff bytes are followed by a zero.
void require_whole_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  constexpr std::string_view start = "\xff\xd8", start_of_scan = "\xff\xda", end = "\xff\xd9";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(start)) return;
  const std::size_t scan = text.rfind(start_of_scan);
  if (scan == text.npos || text.find(end, scan) == text.npos) reject("{} is damaged: it is cut short", name);
}

}  // namespace

DecodedImage decode_image(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.size() > std::numeric_limits<int>::max()) reject("{} is too large for an image", name);
  require_sound_huffman_tables(bytes, name);
  require_sound_png_chunks(bytes, name);
  require_whole_jpeg(bytes, name);
  const auto* data = reinterpret_cast<const stbi_uc*>(bytes.data());
  const int size = static_cast<int>(bytes.size());
  int width = 0, height = 0, channels = 0;
  largest_block = block_for_header;
  if (!stbi_info_from_memory(data, size, &width, &height, &channels))
    reject("{} is no JPEG or PNG image that can be read", name);
  if (std::int64_t{width} * height > most_pixels)
    reject("{} has {}x{} pixels, more than {} million", name, width, height, most_pixels / 1'000'000);
  if (std::max(width, height) > longest_side)
    reject("{} has {}x{} pixels, more than {} on a side", name, width, height, longest_side);

  largest_block = block_for(height, width, bytes.size());
  // To four channels stb_image decodes by vector instructions, to three it does not.
  stbi_uc* pixels = stbi_load_from_memory(data, size, &width, &height, &channels, 4);
  if (!pixels) reject("{} is damaged: {}", name, shown(stbi_failure_reason()));
  return {pixels, height, width, stbi_image_free};
}

}  // namespace noisegate
