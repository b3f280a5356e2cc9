#include "engine/io/files.h"

#include "engine/error.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <random>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace noisegate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view temporary_mark = ".partial-";
constexpr std::size_t temporary_digits = 8;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void fail_to_write(const fs::path& path, int error) {
  fail("cannot write {}: {}", path.string(), std::strerror(error));
}

std::optional<struct stat> status_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

/// The errno of writing all of the bytes; 0 where it went well.
int write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

/// What a path that may be a symbolic link stands for, be it there or not.
fs::path followed(const fs::path& path) {
  constexpr int most_links = 40;
  std::error_code error;
  fs::path target = path;
  for (int links = 0; fs::is_symlink(fs::symlink_status(target, error)); ++links) {
    if (links == most_links) fail_to_write(path, ELOOP);
    target = target.parent_path() / fs::read_symlink(target, error);
  }
  return target;
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Makes a new name in it survive a power failure. Not every file system can; the file is whole either way.
void sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

/// Whether this is the file, pipe or socket that the standard output goes to: what has been said must stand
/// before what is written there, and what will be said behind it. (A device opened twice is one and the
/// same.)
bool is_file_of_output(const struct stat& status) {
  struct stat output {};
  return ::fstat(STDOUT_FILENO, &output) == 0 && output.st_dev == status.st_dev &&
         output.st_ino == status.st_ino && !S_ISCHR(status.st_mode);
}

/// As far as may be: to whom a file belongs is root's to say.
void keep_owner_and_mode(int descriptor, const struct stat& before) {
  [[maybe_unused]] const int given = ::fchown(descriptor, before.st_uid, before.st_gid);
  ::fchmod(descriptor, before.st_mode & 0777);
}

fs::path temporary_name(const fs::path& target) {
  return fmt::format("{}{}{:0{}x}", target.string(), temporary_mark, std::random_device()(),
                     temporary_digits);
}

bool is_temporary_name(const std::string& name) {
  const std::size_t length = temporary_mark.size() + temporary_digits;
  if (name.size() <= length) return false;
  const std::string_view ending = std::string_view(name).substr(name.size() - length);
  return ending.starts_with(temporary_mark) &&
         ending.find_first_not_of("0123456789abcdef", temporary_mark.size()) == std::string_view::npos;
}

std::uintmax_t memory_of_machine() {
  return static_cast<std::uintmax_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uintmax_t>(::sysconf(_SC_PAGESIZE));
}

/// Opens a regular file to read, and nothing else: to open a FIFO is to wait.
template <class Container>
Container read_bytes(const fs::path& path, std::uintmax_t most) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0)
    reject("cannot read {}: {}", path.string(), std::strerror(errno));
  if (S_ISDIR(status.st_mode)) reject("cannot read {}: {}", path.string(), std::strerror(EISDIR));
  if (!S_ISREG(status.st_mode)) reject("cannot read {}: it is no regular file", path.string());
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size > most)
    reject("cannot read {}: it is {} bytes long, and at most {} are allowed", path.string(), size, most);
  if (size > memory_of_machine())
    reject("cannot read {}: it is {} bytes long, more than this machine's memory", path.string(), size);
  Container bytes;
  bytes.resize(size);
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::read(descriptor.get(), bytes.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) reject("cannot read {}: {}", path.string(), std::strerror(errno));
    if (got == 0) reject("cannot read {}: it was cut while it was read", path.string());
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace

std::vector<std::byte> read_file(const fs::path& path, std::uintmax_t most) {
  return read_bytes<std::vector<std::byte>>(path, most);
}

std::string read_text_file(const fs::path& path, std::uintmax_t most) {
  return read_bytes<std::string>(path, most);
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), target_(followed(path_)) {
  const auto present = status_of(path_);
  if (present && is_file_of_output(*present)) {
    std::fflush(stdout);
    descriptor_ = ::dup(STDOUT_FILENO);
  } else if (present && !S_ISREG(present->st_mode)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  } else {
    open_temporary();
    if (present) keep_owner_and_mode(descriptor_, *present);
  }
  if (descriptor_ < 0) fail_with_errno();
}

void AtomicFile::open_temporary() {
  // Never what is there already, be it a link that somebody put into the way.
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  do {
    temporary_ = temporary_name(target_);
    descriptor_ = ::open(temporary_.c_str(), flags, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail_with_errno();
  ::flock(descriptor_, LOCK_EX | LOCK_NB);  // see remove_stale_temporaries
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  if (const int error = write_all(descriptor_, bytes)) fail_to_write(path_, error);
}

void AtomicFile::commit() {
  if (!temporary_.empty()) {
    if (::fsync(descriptor_) != 0) fail_with_errno();
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with_errno();
    sync_folder(folder_of(target_));
  }
  ::close(std::exchange(descriptor_, -1));
}

void AtomicFile::fail_with_errno() const {
  fail_to_write(path_, errno);
}

void write_file_atomically(const fs::path& path, const std::string& contents) {
  AtomicFile output(path);
  output.write(std::as_bytes(std::span(contents)));
  output.commit();
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail("cannot make the folder {}: {}", folder.string(), error.message());
}

void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail("cannot rename {} to {}: {}", from.string(), to.string(), error.message());
  sync_folder(folder_of(to));
}

void append_to_file(const fs::path& path, const std::string& contents) {
  const auto present = status_of(path);
  if (present && !S_ISREG(present->st_mode)) fail("cannot write {}: it is no regular file", path.string());
  const Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  if (descriptor.get() < 0) fail_to_write(path, errno);
  int error = write_all(descriptor.get(), std::as_bytes(std::span(contents)));
  if (error == 0 && ::fsync(descriptor.get()) != 0) error = errno;
  if (error != 0) {
    // No half of it stays. Should that fail too, the first cause is the one worth telling.
    [[maybe_unused]] const int cut = ::ftruncate(descriptor.get(), present ? present->st_size : 0);
    fail_to_write(path, error);
  }
  if (!present) sync_folder(folder_of(path));
}

void require_writable(const fs::path& path) {
  if (path.empty()) return;
  const auto present = status_of(path);
  if (present && S_ISDIR(present->st_mode)) fail_to_write(path, EISDIR);
  const bool is_replaced = !present || S_ISREG(present->st_mode);
  const fs::path place = is_replaced ? folder_of(followed(path)) : path;
  const auto folder = status_of(place);
  if (!folder) fail_to_write(path, errno);
  if (is_replaced && !S_ISDIR(folder->st_mode)) fail_to_write(path, ENOTDIR);
  if (::access(place.c_str(), W_OK) != 0) fail_to_write(path, errno);
}

void remove_stale_temporaries(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error) || !is_temporary_name(entry.path().filename().string())) continue;
    const Descriptor descriptor(::open(entry.path().c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (descriptor.get() >= 0 && ::flock(descriptor.get(), LOCK_EX | LOCK_NB) == 0)
      fs::remove(entry.path(), error);
  }
}

}  // namespace noisegate
