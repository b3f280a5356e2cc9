// Files written so that a crash or a full disk never leaves half of one under the final name, and read so
// that none of them, however long, takes more than was allowed for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

/// Longest files of a kind, in bytes. Real ones are far shorter.
constexpr std::uintmax_t longest_config = 1 << 20, longest_text = 1 << 30,
                         longest_file = std::uintmax_t{64} << 30;

/// The whole file. Throws Error naming it where it cannot be read, is no regular file, or is longer than
/// `most` bytes or than this machine's memory.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uintmax_t most = longest_file);
std::string read_text_file(const std::filesystem::path& path, std::uintmax_t most = longest_text);

/// A file that stands under its own name only once it is whole: until commit() it is PATH.partial-XXXXXXXX, a
/// name that nothing had, and it goes away where an error comes first. A file that is replaced leaves its
/// permissions, and as far as may be its owner. Where PATH is a symbolic link, what it points to is replaced;
/// where it is a device, a FIFO or what the standard output goes to, the bytes go straight there. Throws
/// Error naming the file and the cause.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Syncs the file and its folder, and gives it its name.
  void commit();

 private:
  void open_temporary();
  [[noreturn]] void fail_with_errno() const;

  std::filesystem::path path_;       // as the caller named it
  std::filesystem::path target_;     // what it points to
  std::filesystem::path temporary_;  // empty where the bytes go straight to the target
  int descriptor_ = -1;
};

/// Writes an AtomicFile of these contents.
void write_file_atomically(const std::filesystem::path& path, const std::string& contents);

/// Makes the folder, and those that it lies in, where they are not there. Throws Error naming it and the
/// cause.
void make_folder(const std::filesystem::path& folder);

/// Renames a file within its folder, replacing what bears the new name, and syncs the folder, so that later
/// changes cannot reach the disk before it. Throws Error naming both and the cause.
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Writes at the end of a regular file, which need not exist, and syncs it: when it comes back the bytes are
/// on the disk, for which a disk takes some milliseconds. Throws Error naming the file and the cause; the
/// file then ends where it did before.
void append_to_file(const std::filesystem::path& path, const std::string& contents);

/// Throws Error, as AtomicFile would, where no file of this name can be written: before an hour's work rather
/// than after it. An empty path stands for no file.
void require_writable(const std::filesystem::path& path);

/// Removes the temporary files that killed writers have left in a folder; those that are being written stay.
void remove_stale_temporaries(const std::filesystem::path& folder);

}  // namespace noisegate
