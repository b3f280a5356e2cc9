// Keeps two processes from writing to the same folder.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace noisegate {

/// A file that one process at a time can hold. The kernel releases it when the process ends, however it ends.
/// If the file system has no locks, every process gets it, with a warning on standard error.
class FileLock {
 public:
  enum class Children { apart, inherit };
  /// `children`: whether child processes hold it too, until the last of them has ended.
  explicit FileLock(std::filesystem::path file, Children children = Children::apart)
      : file_(std::move(file)), children_(children) {}
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  /// Returns false if another process holds it. Throws Error naming the file if it cannot be written.
  bool try_acquire();
  /// Returns the holder, for a message: "process 123 on HOST"; "another process" if unknown.
  std::string holder() const;

 private:
  std::filesystem::path file_;
  Children children_;
  int descriptor_ = -1;  // open while the lock is held
};

}  // namespace noisegate
