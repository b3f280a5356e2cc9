// Writes files so that a crash or a full disk never leaves half of one under its final name, and reads them
// within a given limit of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace noisegate {

/// Largest accepted files of each kind, in bytes. Real ones are far smaller.
constexpr std::uintmax_t longest_config = 1 << 20, longest_text = 1 << 30,
                         longest_file = std::uintmax_t{64} << 30;

/// Reads the whole file. Throws Error naming it if it cannot be read, is no regular file, or is longer than
/// `most` bytes or than this machine's memory.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uintmax_t most = longest_file);
std::string read_text_file(const std::filesystem::path& path, std::uintmax_t most = longest_text);

/// A file that gets its own name only when it is complete: until commit() it is PATH.partial-XXXXXXXX, a name
/// not in use, and an error before commit() removes it. A replaced file passes on its permissions and, if
/// possible, its owner. If PATH is a symbolic link, its target is replaced; if it is a device, a FIFO or the
/// destination of the standard output, the bytes go there directly. Throws Error naming the file and the
/// cause.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Syncs the file and its folder and renames it to its final name.
  void commit();

 private:
  void open_temporary();
  [[noreturn]] void fail_with_errno() const;

  std::filesystem::path path_;       // as the caller named it
  std::filesystem::path target_;     // the target of path_
  std::filesystem::path temporary_;  // empty if the bytes go straight to the target
  int descriptor_ = -1;
};

/// Writes an AtomicFile with these contents.
void write_file_atomically(const std::filesystem::path& path, const std::string& contents);

/// Makes the folder, and those that it lies in, where they are not there. Throws Error naming it and the
/// cause.
void make_folder(const std::filesystem::path& folder);

/// Renames a file within its folder, replacing what bears the new name, and syncs the folder, so that later
/// changes cannot reach the disk before it. Throws Error naming both and the cause.
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Appends to a regular file, which need not exist, and syncs it: on return the bytes are on the disk, which
/// takes a disk some milliseconds. Throws Error naming the file and the cause; the file then ends where it
/// did before.
void append_to_file(const std::filesystem::path& path, const std::string& contents);

/// Throws Error, as AtomicFile would, if no file of this name can be written: before an hour's work instead
/// of after it. An empty path means no file.
void require_writable(const std::filesystem::path& path);

/// Removes the temporary files that killed writers left in a folder; those of running writers stay.
void remove_stale_temporaries(const std::filesystem::path& folder);

}  // namespace noisegate
