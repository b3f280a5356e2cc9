#include "tools/files/file_lock.h"

#include "engine/error.h"
#include "engine/text.h"
#include "tools/cli/output.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace noisegate {
namespace {

/// Whether this is the file that stands under the name, and not one that its last holder has removed.
bool is_same_file(int descriptor, const std::filesystem::path& file) {
  struct stat opened {
  }, named{};
  return fstat(descriptor, &opened) == 0 && stat(file.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

bool has_no_locks(int error) {
  return error == ENOSYS || error == ENOLCK || error == EOPNOTSUPP;
}

/// Writes the holder into the file, for a process that finds it locked. Unknown parts are left out.
void sign(int descriptor) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const std::string text = fmt::format("process {} on {}\n", getpid(), host.data());
  if (ftruncate(descriptor, 0) != 0 || write(descriptor, text.data(), text.size()) < 0) return;
}

}  // namespace

FileLock::FileLock(FileLock&& other) noexcept
    : file_(std::move(other.file_)),
      children_(other.children_),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  // The file is removed while the lock is held: a process that opened it before finds another file, or none,
  // under its name.
  unlink(file_.c_str());
  close(descriptor_);
}

bool FileLock::try_acquire() {
  const int inherited = children_ == Children::inherit ? 0 : O_CLOEXEC;
  for (;;) {
    const int descriptor = open(file_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | inherited, 0666);
    if (descriptor < 0) fail("cannot write {}: {}", file_.string(), std::strerror(errno));
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      if (!has_no_locks(error)) {
        close(descriptor);
        if (error == EWOULDBLOCK) return false;
        fail("cannot lock {}: {}", file_.string(), std::strerror(error));
      }
      warn("{} cannot be locked ({}): see to it that nothing else writes there",
           printable(file_.parent_path().string()), std::strerror(error));
    }
    if (is_same_file(descriptor, file_)) {
      descriptor_ = descriptor;
      sign(descriptor);
      return true;
    }
    close(descriptor);
  }
}

std::string FileLock::holder() const {
  std::ifstream stream(file_);
  std::string line;
  constexpr std::size_t longest = 300;
  const bool is_signed = std::getline(stream, line) && line.starts_with("process ") && line.size() <= longest;
  return is_signed ? line : "another process";
}

}  // namespace noisegate
