// Keeps two processes from writing to the same folder.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace noisegate {

/// A file that one process at a time can hold. The kernel lets go of it when the process ends, however it
/// ends. Where the file system has no locks, everybody gets it, with a warning on standard error.
class FileLock {
 public:
  enum class Children { apart, inherit };
  /// `children`: whether processes that this one starts hold it too, until the last of them has ended.
  explicit FileLock(std::filesystem::path file, Children children = Children::apart)
      : file_(std::move(file)), children_(children) {}
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  /// False where another process holds it. Throws Error naming the file where it cannot be written.
  bool try_acquire();
  /// Who holds it, for a message: "process 123 on HOST"; "another process" where that is not known.
  std::string holder() const;

 private:
  std::filesystem::path file_;
  Children children_;
  int descriptor_ = -1;  // open while the lock is held
};

}  // namespace noisegate
