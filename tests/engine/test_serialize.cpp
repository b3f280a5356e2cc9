#include "engine/io/files.h"
#include "engine/io/safetensors.h"
#include "tests/check_error.h"
#include "tests/temporary_folder.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace noisegate;
namespace fs = std::filesystem;

namespace {

std::string read_text(const fs::path& path) {
  std::ifstream input(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

int count_files(const fs::path& folder) {
  return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// A file of this header and this many bytes of data, each its own index.
std::string file_of(const std::string& header, std::size_t data_bytes, std::int64_t length = -1) {
  const std::uint64_t stated = length < 0 ? header.size() : static_cast<std::uint64_t>(length);
  std::string bytes(sizeof stated, '\0');
  std::memcpy(bytes.data(), &stated, sizeof stated);
  bytes += header;
  for (std::size_t i = 0; i < data_bytes; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

TensorFile parse(const std::string& bytes) {
  return parse_safetensors(std::as_bytes(std::span(bytes)), "model.safetensors");
}

void check_corrupt(const std::string& bytes, std::vector<std::string> parts) {
  parts.push_back("model.safetensors");
  check_error([&] { parse(bytes); }, parts);
}

TensorFile some_file() {
  return {{{"weight", Tensor::from<float>({1.f, -2.f, 3.5f, 0.f, 1e-30f, 6.f}, {2, 3})},
           {"bias", Tensor::from<float>({0.25f})},
           {"labels", Tensor::from<std::int32_t>({1, -2, 2147483647})},
           {"image", Tensor::from<std::uint8_t>({0, 127, 255}, {1, 1, 1, 3})},
           {"count", Tensor::full({}, 7)}},
          {{"epoch", "12"}, {"note", "snow ☃ \"quoted\"\n"}}};
}

/// While one lives, no file of this process grows beyond `bytes`: what a full disk looks like.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("safetensors: what was saved is what is loaded") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "model.safetensors";
  save_safetensors(path, some_file());
  const TensorFile loaded = load_safetensors(path);

  CHECK(loaded.metadata == some_file().metadata);
  REQUIRE(loaded.tensors.size() == 5);
  const std::vector<std::string> names{"bias", "count", "image", "labels", "weight"};
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(loaded.tensors[i].name == names[i]);
  CHECK(loaded.tensors[0].tensor.to_vector<float>() == std::vector<float>{0.25f});
  CHECK(loaded.tensors[1].tensor.shape() == Shape{});
  CHECK(loaded.tensors[1].tensor.item() == 7);
  CHECK(loaded.tensors[2].tensor.shape() == Shape{1, 1, 1, 3});
  CHECK(loaded.tensors[2].tensor.to_vector<std::uint8_t>() == std::vector<std::uint8_t>{0, 127, 255});
  CHECK(loaded.tensors[3].tensor.to_vector<std::int32_t>() == std::vector<std::int32_t>{1, -2, 2147483647});
  CHECK(loaded.tensors[4].tensor.shape() == Shape{2, 3});
  CHECK(loaded.tensors[4].tensor.to_vector<float>() == std::vector<float>{1, -2, 3.5f, 0, 1e-30f, 6});
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("safetensors: no tensors, and tensors without elements") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "empty";
  save_safetensors(path, {});
  CHECK(load_safetensors(path).tensors.empty());
  save_safetensors(path, {{{"none", Tensor::zeros({0, 3})}, {"one", Tensor::full({1}, 1)}}, {}});
  CHECK(load_safetensors(path).tensors[0].tensor.shape() == Shape{0, 3});
}

TEST_CASE("safetensors: the same contents give the same bytes, in whatever order") {
  const TemporaryFolder folder;
  TensorFile file = some_file();
  save_safetensors(folder.path() / "a", file);
  std::reverse(file.tensors.begin(), file.tensors.end());
  save_safetensors(folder.path() / "b", file);
  CHECK(read_text(folder.path() / "a") == read_text(folder.path() / "b"));
}

TEST_CASE("safetensors: the bytes that other readers expect") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "model";
  save_safetensors(path,
                   {{{"b", Tensor::from<std::uint8_t>({7})}, {"x", Tensor::from<float>({1.f, 2.f})}}, {}});
  const std::string bytes = read_text(path);
  const std::string header =
      R"({"b":{"data_offsets":[8,9],"dtype":"U8","shape":[1]},"x":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}})";
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(bytes.size() == 8 + length + 9);
  CHECK(bytes.substr(8, header.size()) == header);
  CHECK(bytes.substr(8 + header.size(), length - header.size()).find_first_not_of(' ') == std::string::npos);
  CHECK(bytes.substr(8 + length) == std::string("\0\0\x80\x3f\0\0\0\x40\x07", 9));
}

TEST_CASE("safetensors: blocked images are written row-major") {
  const TemporaryFolder folder;
  std::vector<float> values(2 * 2 * 3 * 32);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  Tensor blocked = Tensor::empty({2, 2, 3, 32}, DType::f32, Device::cpu, Layout::blocked16);
  blocked.copy_from(Tensor::from(values, {2, 2, 3, 32}));
  save_safetensors(folder.path() / "model", {{{"x", blocked}}, {}});
  CHECK(load_safetensors(folder.path() / "model").tensors[0].tensor.to_vector<float>() == values);
}

TEST_CASE("safetensors: two tensors of one name, or a dtype without a word, are not written") {
  const TemporaryFolder folder;
  const Tensor x = Tensor::zeros({1});
  check_error([&] { save_safetensors(folder.path() / "a", {{{"x", x}, {"x", x}}, {}}); }, {"x"});
  check_error([&] { save_safetensors(folder.path() / "a", {{{"__metadata__", x}}, {}}); }, {"__metadata__"});
  const Tensor half = Tensor::empty({1}, DType::bf16);
  check_error([&] { save_safetensors(folder.path() / "a", {{{"x", half}}, {}}); }, {"x", "bfloat16"});
  CHECK(count_files(folder.path()) == 0);
}

TEST_CASE("safetensors: 64-bit integers are narrowed where they fit") {
  const std::string header = R"({"n":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}})";
  const std::int64_t small[] = {-5, 2147483647}, large[] = {0, 2147483648};
  std::string bytes = file_of(header, 0);
  const std::size_t data = bytes.size();
  bytes.resize(data + 16);
  std::memcpy(bytes.data() + data, small, 16);
  CHECK(parse(bytes).tensors[0].tensor.to_vector<std::int32_t>() ==
        std::vector<std::int32_t>{-5, 2147483647});
  std::memcpy(bytes.data() + data, large, 16);
  check_corrupt(bytes, {"n", "2147483648"});
}

TEST_CASE("safetensors: a file cut off anywhere is refused") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "model.safetensors";
  save_safetensors(path, some_file());
  const std::string whole = read_text(path);
  for (std::size_t size = 0; size < whole.size(); ++size) check_corrupt(whole.substr(0, size), {});
  check_corrupt(whole + '\0', {"1 bytes"});
}

TEST_CASE("safetensors: one flipped bit in the header is refused or read, never trusted") {
  const std::string whole = file_of(
      R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}})",
      19);
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * (whole.size() - 19); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    try {
      std::size_t bytes = 0;
      for (const NamedTensor& named : parse(flipped).tensors) bytes += named.tensor.bytes();
      CHECK(bytes == 19);
    } catch (const Error& error) {
      CHECK(error.exit_code() == 2);
      ++refused;
    }
  }
  CHECK(refused > 500);
}

TEST_CASE("safetensors: headers that lie") {
  const auto with_entry = [](const std::string& entry, std::size_t bytes = 16) {
    return file_of("{\"a\":" + entry + "}", bytes);
  };
  check_corrupt(file_of("{}", 0, std::int64_t{1} << 62), {"4611686018427387904"});
  check_corrupt(file_of("{}", 0, 3), {"3"});
  check_corrupt(file_of("", 0), {"JSON"});
  check_corrupt(file_of("[]", 0), {"JSON object"});
  check_corrupt(file_of("{\"a\":", 0), {"is no JSON (parse error at line 1"});
  check_corrupt(file_of("{\"\xff\":1}", 0), {"is no JSON (parse error at line 1"});
  check_corrupt(with_entry("1"), {"a"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":[4]})"), {"a"});
  check_corrupt(with_entry(R"({"dtype":4,"shape":[4],"data_offsets":[0,16]})"), {"a"});
  check_corrupt(with_entry(R"({"dtype":"F16","shape":[8],"data_offsets":[0,16]})"), {"a", "F16"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":[5],"data_offsets":[0,16]})"), {"a", "(5)", "16"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":[4],"data_offsets":[0,20]})"), {"a", "16"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":[4],"data_offsets":[16,0]})"), {"a"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":[4],"data_offsets":[0,8,16]})"), {"a"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":[-4],"data_offsets":[0,16]})"), {"a", "shape"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":[4.0],"data_offsets":[0,16]})"), {"a", "shape"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":["4"],"data_offsets":[0,16]})"), {"a", "shape"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":4,"data_offsets":[0,16]})"), {"a", "shape"});
  check_corrupt(with_entry(R"({"dtype":"F32","shape":[1,1,1,1,4],"data_offsets":[0,16]})"), {"a", "rank 5"});
  check_corrupt(file_of(R"({"__metadata__":{"epoch":3}})", 0), {"metadata"});
  check_corrupt(file_of(R"({"__metadata__":"x"})", 0), {"metadata"});
}

TEST_CASE("safetensors: shapes whose product overflows") {
  // 2^62 · 4 · 4 bytes are 0 modulo 2^64.
  check_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0),
                {"a", "4611686018427387904"});
  check_corrupt(file_of(R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,0]}})", 0),
                {"a"});
  check_corrupt(file_of(R"({"a":{"dtype":"U8","shape":[9223372036854775808,2],"data_offsets":[0,0]}})", 0),
                {"a"});
  check_corrupt(file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551616]}})", 1),
                {"a"});
}

TEST_CASE("safetensors: data that overlap, or that belong to nobody") {
  const auto two = [](const std::string& first, const std::string& second, std::size_t bytes) {
    return file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
                       R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}",
                   bytes);
  };
  CHECK(parse(two("[4,8]", "[0,4]", 8)).tensors[0].tensor.to_vector<std::uint8_t>() ==
        std::vector<std::uint8_t>{4, 5, 6, 7});
  check_corrupt(two("[0,4]", "[2,6]", 6), {"b", "overlaps"});
  check_corrupt(two("[0,4]", "[0,4]", 4), {"overlaps"});
  check_corrupt(two("[0,4]", "[5,9]", 9), {"b"});
  check_corrupt(two("[1,5]", "[5,9]", 9), {"a"});
  check_corrupt(two("[0,4]", "[4,8]", 9), {"1 bytes"});
}

TEST_CASE("safetensors: names given twice") {
  const std::string a = R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  check_corrupt(file_of("{" + a + "," + a + "}", 1), {"a", "twice"});
  check_corrupt(file_of(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
                {"dtype", "twice"});
}

TEST_CASE("safetensors: headers that would take many times their size are refused") {
  check_corrupt(file_of(std::string(1'000'000, '['), 0), {"nests more than 3 deep"});
  check_corrupt(file_of(R"({"a":{"shape":[[)", 0), {"nests more than 3 deep"});
  check_corrupt(file_of(std::string((1 << 24) + 1, ' '), 0), {"16777217 bytes", "16 MiB"});
}

TEST_CASE("safetensors: PyTorch's own files are told from damaged ones") {
  const auto parse = [](std::string text) {
    text.resize(100, '\0');
    return [text] { parse_safetensors(std::as_bytes(std::span(text)), "mine.pth"); };
  };
  for (const char* begin : {"PK\x03\x04", "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9"})
    check_error(parse(begin), {"mine.pth", "torch.save", "safetensors.torch.save_file"});
}

TEST_CASE("safetensors: names in messages are cut, and their control characters written out") {
  check_corrupt(file_of(R"({"\u001b[2J":1})", 0), {"tensor \\x1b[2J needs dtype"});
  const std::string name(100'000, 'n');
  check_corrupt(file_of("{\"" + name + "\":1}", 0), {"nnn... needs dtype"});
}

TEST_CASE("safetensors: files that cannot be read") {
  const TemporaryFolder folder;
  check_error([&] { load_safetensors(folder.path() / "missing"); }, {"missing", "No such file"});
  check_error([&] { load_safetensors(folder.path()); }, {folder.path().string(), "directory"});
  write_file(folder.path() / "model", "short");
  check_error([&] { load_safetensors(folder.path() / "model"); },
              {(folder.path() / "model").string(), "5 bytes"});
}

TEST_CASE("atomic writing: replaces what was there, and leaves nothing beside it") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "config.toml";
  write_file_atomically(path, "first");
  write_file_atomically(path, std::string("sec\0nd", 6));
  CHECK(read_text(path) == std::string("sec\0nd", 6));
  write_file_atomically(path, "");
  CHECK(read_text(path).empty());
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("atomic writing: where the disk is full, the old file stays and nothing else") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "model.safetensors";
  save_safetensors(path, some_file());
  const std::string before = read_text(path);
  {
    const FileSizeLimit limit(1000);
    const TensorFile large{{{"x", Tensor::full({10000}, 1)}}, {}};
    check_error([&] { save_safetensors(path, large); }, {path.string(), std::strerror(EFBIG)}, 1);
    check_error([&] { write_file_atomically(folder.path() / "b", std::string(2000, 'x')); },
                {(folder.path() / "b").string(), std::strerror(EFBIG)}, 1);
  }
  CHECK(read_text(path) == before);
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("atomic writing: places where no file can be") {
  const TemporaryFolder folder;
  write_file(folder.path() / "file", "");
  fs::create_directory(folder.path() / "folder");
  for (const char* place : {"missing/a", "file/a", "folder"}) {
    const fs::path path = folder.path() / place;
    check_error([&] { write_file_atomically(path, "x"); }, {path.string(), ": "}, 1);
  }
  CHECK(count_files(folder.path()) == 2);
}

TEST_CASE("atomic writing: a folder that may not be written to") {
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  if (::geteuid() == 0) {
    // Such modes do not hold for root, who may write here; the system's own folders hold for everybody.
    check_error([] { write_file_atomically("/proc/noisegate", "x"); }, {"/proc/noisegate"}, 1);
  } else {
    check_error([&] { write_file_atomically(folder.path() / "a", "x"); }, {std::strerror(EACCES)}, 1);
  }
  fs::permissions(folder.path(), fs::perms::owner_all);
}
