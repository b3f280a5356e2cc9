// Files: what stands in the way of writing one, and what is read of those that never end.
#include "engine/io/files.h"
#include "tests/check_error.h"
#include "tests/run_program.h"
#include "tests/temporary_folder.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace noisegate;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what is written to a FIFO goes through it") {
  const TemporaryFolder folder;
  const fs::path fifo = folder.path() / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0666) == 0);
  std::string received;
  {
    const std::jthread reader([&] { received = read_text(fifo); });
    write_file_atomically(fifo, "through");
  }
  CHECK(received == "through");
  CHECK(fs::is_fifo(fifo));
  CHECK(names_in(folder.path()) == Names{"fifo"});
}

TEST_CASE("what is written to a device goes there, and is refused where it is full") {
  const TemporaryFolder folder;
  fs::create_symlink("/dev/null", folder.path() / "null");
  fs::create_symlink("/dev/full", folder.path() / "full");
  write_file_atomically(folder.path() / "null", "nowhere");
  CHECK(fs::read_symlink(folder.path() / "null") == "/dev/null");
  CHECK(fs::is_character_file("/dev/null"));
  check_error([&] { write_file_atomically(folder.path() / "full", "too much"); },
              {(folder.path() / "full").string(), std::strerror(ENOSPC)}, 1);
  CHECK(names_in(folder.path()) == Names{"full", "null"});
}

TEST_CASE("a symbolic link stays, and what it points to is replaced, or made") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "there");
  std::ofstream(folder.path() / "there/old") << "old";
  fs::create_symlink("there/old", folder.path() / "link");
  fs::create_symlink("link", folder.path() / "link to link");
  fs::create_symlink("there/new", folder.path() / "dangling");
  write_file_atomically(folder.path() / "link to link", "written");
  write_file_atomically(folder.path() / "dangling", "made");
  CHECK(fs::is_symlink(folder.path() / "link"));
  CHECK(fs::is_symlink(folder.path() / "link to link"));
  CHECK(read_text(folder.path() / "there/old") == "written");
  CHECK(read_text(folder.path() / "there/new") == "made");
  CHECK(names_in(folder.path() / "there") == Names{"new", "old"});
  fs::create_symlink("round", folder.path() / "round");
  check_error([&] { write_file_atomically(folder.path() / "round", "x"); }, {"round"}, 1);
}

TEST_CASE("a link that lies where temporary files used to lie is not written through") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "victim") << "precious";
  fs::create_symlink("victim", folder.path() / "a.partial");
  write_file_atomically(folder.path() / "a", "whole");
  CHECK(read_text(folder.path() / "victim") == "precious");
  CHECK(read_text(folder.path() / "a") == "whole");
  CHECK_FALSE(fs::is_symlink(folder.path() / "a"));
}

TEST_CASE("a file that is replaced keeps its permissions") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "labels.npy";
  std::ofstream(file) << "old";
  for (const auto permissions : {fs::perms(0600), fs::perms(0664)}) {
    fs::permissions(file, permissions);
    write_file_atomically(file, "new");
    CHECK(fs::status(file).permissions() == permissions);
  }
}

TEST_CASE("temporary files of killed writers are removed, those of living ones are not") {
  const TemporaryFolder folder;
  for (const char* name : {"a.partial-0123abcd", "a.partial-0123abcg", "partial-0123abcd", "a.partial"})
    std::ofstream(folder.path() / name) << "half";
  AtomicFile living(folder.path() / "b");
  remove_stale_temporaries(folder.path());
  CHECK_FALSE(fs::exists(folder.path() / "a.partial-0123abcd"));
  CHECK(names_in(folder.path()).size() == 4);
  living.commit();
  CHECK(names_in(folder.path()) == Names{"a.partial", "a.partial-0123abcg", "b", "partial-0123abcd"});
  remove_stale_temporaries(folder.path() / "missing");
}

TEST_CASE("appending is for regular files, and makes them") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "metrics.jsonl", fifo = folder.path() / "fifo";
  append_to_file(file, "one\n");
  append_to_file(file, "two\n");
  CHECK(read_text(file) == "one\ntwo\n");
  REQUIRE(mkfifo(fifo.c_str(), 0666) == 0);
  check_error([&] { append_to_file(fifo, "x"); }, {fifo.string(), "no regular file"}, 1);
  check_error([&] { append_to_file(folder.path(), "x"); }, {folder.path().string()}, 1);
}

TEST_CASE("reading is for regular files of a sensible length") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "file", fifo = folder.path() / "fifo",
                 endless = folder.path() / "endless";
  std::ofstream(file) << "12345";
  CHECK(read_text_file(file) == "12345");
  CHECK(read_file(file, 5).size() == 5);
  check_error([&] { read_file(file, 4); }, {file.string(), "5 bytes", "at most 4"});
  REQUIRE(mkfifo(fifo.c_str(), 0666) == 0);
  check_error([&] { read_file(fifo); }, {fifo.string(), "no regular file"});
  fs::create_symlink("/dev/zero", endless);
  check_error([&] { read_text_file(endless); }, {endless.string(), "no regular file"});
  fs::resize_file(file, std::uintmax_t{60} << 30);  // it has a hole and takes no room
  check_error([&] { read_text_file(file); }, {file.string(), "64424509440 bytes"});
}

TEST_CASE("whether a file can be written is known before") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  require_writable({});
  require_writable("file");
  require_writable(folder.path() / "file");
  require_writable(folder.path() / "new");
  require_writable("/dev/null");
  check_error([&] { require_writable(folder.path() / "missing/new"); },
              {"missing/new", std::strerror(ENOENT)}, 1);
  check_error([&] { require_writable(folder.path() / "file/new"); }, {"file/new", std::strerror(ENOTDIR)}, 1);
  check_error([&] { require_writable(folder.path()); }, {folder.path().string(), std::strerror(EISDIR)}, 1);
  CHECK(names_in(folder.path()) == Names{"file"});
}
