#include "datasets/batches/batches.h"
#include "datasets/image_file.h"
#include "datasets/image_list.h"
#include "datasets/image_list_file.h"
#include "engine/device.h"
#include "tests/check_error.h"
#include "tests/image_files.h"
#include "tests/temporary_folder.h"

#include <algorithm>
#include <fstream>

#include <doctest/doctest.h>

using namespace noisegate;
namespace fs = std::filesystem;

namespace {

void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// A folder of plain images of 8 pixels, image i of colour (10·i, 5, 200), and lists of them.
class ListFolder {
 public:
  explicit ListFolder(int images = 6) {
    std::string train, test;
    for (int i = 0; i < images; ++i) {
      write_bytes(path() / name(i), png(plain_image(8, 8, static_cast<std::uint8_t>(10 * i), 5, 200)));
      train += name(i) + " " + std::to_string(i % 3) + "\n";
      if (i < 3) test += name(i) + " " + std::to_string(i % 3) + "\n";
    }
    write("train.txt", train);
    write("test.txt", test);
  }

  static std::string name(int i) { return "images/" + std::to_string(i) + ".png"; }
  const fs::path& path() const { return folder_.path(); }
  void write(const std::string& file, const std::string& text) const { write_text(path() / file, text); }
  ListOptions options() const { return {.folder = path(), .size = 8, .resize = 8}; }
  Dataset load() const { return load_list(options()); }

 private:
  TemporaryFolder folder_;
};

std::vector<Batch> all_batches(const Dataset& data, const ImageSet& set, const BatchPlan& plan) {
  const auto stream = open_batches(data, set, plan);
  std::vector<Batch> batches;
  while (auto batch = stream->next()) batches.push_back(std::move(*batch));
  return batches;
}

/// The red value that the sample's first pixel had on the disk.
int red(const Dataset& data, const Batch& batch, std::int64_t sample) {
  const std::vector<float> values = batch.views.front().to_vector<float>();
  const float value = values[sample * data.fit.height * data.fit.width * 3];
  return static_cast<int>(std::lround((value * data.deviation[0] + data.mean[0]) * 255));
}

}  // namespace

TEST_CASE("list files: spaces, CRLF, comments, blank lines, a byte order mark, UTF-8") {
  const auto entries = parse_list(
      "\xef\xbb\xbf# pictures\r\n\r\n  a b/c d.jpg 3\r\nB\xc3\xa4r/\xe7\x8c\xab.png\t12  \n\n#x 1\nlast.png "
      "0",
      "l");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].path == "a b/c d.jpg");
  CHECK(entries[0].label == 3);
  CHECK(entries[0].line == 3);
  CHECK(entries[1].path == "B\xc3\xa4r/\xe7\x8c\xab.png");
  CHECK(entries[1].label == 12);
  CHECK(entries[2].path == "last.png");
  CHECK(entries[2].line == 7);
}

TEST_CASE("list files: lines that are wrong are named") {
  const auto parse = [](std::string_view text) { return [text] { parse_list(text, "train.txt"); }; };
  check_error(parse(""), {"train.txt", "no image"});
  check_error(parse("# nothing\n\n"), {"train.txt", "no image"});
  check_error(parse("a.png 1\nb.png\n"), {"train.txt", "line 2", "b.png"});
  check_error(parse("a.png one\n"), {"line 1", "'one'", "no label"});
  check_error(parse("a.png -1\n"), {"line 1", "'-1'"});
  check_error(parse("a.png 2147483648\n"), {"line 1", "'2147483648'"});
  check_error(parse("a.png 1x\n"), {"line 1", "'1x'"});
  check_error(parse(std::string_view("a\0b.png 1\n", 10)), {"line 1", "zero byte"});
  check_error(parse("a.png \x1b[2J\n"), {"line 1", "'\\x1b[2J'"});
  check_error([] { parse_list(std::string(4'000'000, 'x'), "train.txt"); },
              {"'xxx", "xxx...'", "second word"});

  CHECK(parse_label_map("5 0\r\n9 1\n", "m") == std::map<std::int32_t, std::int32_t>{{5, 0}, {9, 1}});
  check_error([] { parse_label_map("5 0\n5 1\n", "m.txt"); }, {"m.txt", "line 2", "second time"});
  check_error([] { parse_label_map("\n", "m.txt"); }, {"m.txt", "no label"});
  check_error([] { parse_class_names("", "c.txt"); }, {"c.txt", "no class"});
  check_error([] { parse_class_names("cat\n\xe4pfel\n", "c.txt"); },
              {"c.txt: line 2", "UTF-8", "'\\xe4pfel'"});
}

TEST_CASE("list datasets: labels, files and class names") {
  const ListFolder folder;
  const Dataset data = folder.load();
  CHECK(data.classes == 3);
  CHECK(data.class_names == std::vector<std::string>{"0", "1", "2"});
  CHECK(data.train.truth == std::vector<std::int32_t>{0, 1, 2, 0, 1, 2});
  CHECK(data.train.given == data.train.truth);
  CHECK(data.test.size() == 3);
  CHECK(data.validation.size() == 0);
  CHECK(data.notes.empty());
  CHECK_FALSE(data.train.images.defined());

  folder.write("classes.txt", "cat\r\nbig dog\nowl\nfox\n");
  folder.write("val.txt", "images/5.png 3\n");
  const Dataset named = folder.load();
  CHECK(named.class_names[1] == "big dog");
  CHECK(named.classes == 4);
  CHECK(named.validation.truth == std::vector<std::int32_t>{3});
}

TEST_CASE("list datasets: images lie in --data or beside the list, in any language") {
  const ListFolder folder;
  const Image image = plain_image(8, 8, 90, 0, 0);
  write_bytes(folder.path() / "lists" / "near me.png", png(image));
  write_bytes(folder.path() /
                  "Bilder/Stra\xc3\x9f"
                  "e \xe7\x8c\xab.png",
              png(image));
  folder.write("lists/train.txt",
               "near me.png 0\r\nBilder/Stra\xc3\x9f"
               "e \xe7\x8c\xab.png 1\r\n");
  ListOptions options = folder.options();
  options.train = "lists/train.txt";
  folder.write("test.txt", "images/1.png 1\n");
  const Dataset data = load_list(options);
  const auto batches = all_batches(data, data.train, {.batches = {{0, 1}}});
  CHECK(red(data, batches[0], 0) == 90);
  CHECK(red(data, batches[0], 1) == 90);
}

TEST_CASE("list datasets: lists and folders that are missing are named") {
  const ListFolder folder;
  ListOptions options = folder.options();
  options.validation = "clean.txt";
  check_error([&] { load_list(options); }, {"val=clean.txt", "clean.txt"});
  fs::remove(folder.path() / "test.txt");
  check_error([&] { folder.load(); }, {"list needs a test list", "test.txt", "test=FILE"});
  fs::remove(folder.path() / "train.txt");
  check_error([&] { folder.load(); }, {"list needs a train list", "train.txt"});
  check_error([&] { load_list({.folder = folder.path() / "no"}); }, {"no such folder"});
}

TEST_CASE("list datasets: labels out of range, remapped and mapped") {
  const ListFolder folder;
  folder.write("train.txt", "images/0.png 70\nimages/1.png 5\nimages/2.png 70\nimages/3.png 100000\n");
  folder.write("test.txt", "images/0.png 5\n");
  check_error([&] { folder.load(); }, {"train.txt", "100000", "remap=1"});
  folder.write("train.txt", "images/0.png 0\nimages/1.png 0\n");
  folder.write("test.txt", "images/0.png 0\n");
  check_error([&] { folder.load(); }, {"train.txt", "one class alone"});
  folder.write("train.txt", "images/0.png 70\nimages/1.png 5\nimages/2.png 70\nimages/3.png 100000\n");
  folder.write("test.txt", "images/0.png 5\n");

  ListOptions options = folder.options();
  options.remap = true;
  CHECK(load_list(options).train.truth == std::vector<std::int32_t>{1, 0, 1, 2});
  CHECK(load_list(options).test.truth == std::vector<std::int32_t>{0});
  folder.write("test.txt", "# comment\nimages/0.png 6\n");
  check_error([&] { load_list(options); }, {"test.txt", "line 2", "label 6", "training list"});

  options.remap = false;
  options.map = "map.txt";
  folder.write("test.txt", "images/0.png 5\n");
  folder.write("map.txt", "70 0\n5 1\n");
  const Dataset mapped = load_list(options);
  CHECK(mapped.train.truth == std::vector<std::int32_t>{0, 1, 0});
  REQUIRE(mapped.notes.size() == 1);
  CHECK(mapped.notes[0].find("1 of 4 images are left out") != std::string::npos);
  options.remap = true;
  check_error([&] { load_list(options); }, {"exclude"});

  folder.write("train.txt", "images/0.png 0\nimages/1.png 1\n");
  folder.write("test.txt", "images/0.png 2\n");
  check_error([&] { folder.load(); }, {"test.txt", "line 1", "label 2", "2 classes"});
  folder.write("classes.txt", "only\n");
  check_error([&] { folder.load(); }, {"classes.txt", "1 classes", "class 1"});
}

TEST_CASE("list datasets: missing images are named, or counted and left out") {
  const ListFolder folder;
  fs::remove(folder.path() / ListFolder::name(1));
  fs::remove(folder.path() / ListFolder::name(4));
  check_error([&] { folder.load(); }, {"train.txt", "2 of 6", "images/1.png of line 2", "skip-bad=1"});
  ListOptions options = folder.options();
  options.skip_bad = true;
  const Dataset data = load_list(options);
  CHECK(data.train.truth == std::vector<std::int32_t>{0, 2, 0, 2});
  REQUIRE(data.notes.size() == 2);
  CHECK(data.notes[0].find("2 of 6 images are missing") != std::string::npos);
  CHECK(data.notes[1].find("1 of 3 images is missing") != std::string::npos);
  for (int i = 0; i < 6; ++i) fs::remove(folder.path() / ListFolder::name(i));
  check_error([&] { load_list(options); }, {"train.txt", "no image is left"});
}

TEST_CASE("batches from files: every sample where it belongs, however many threads read") {
  const ListFolder folder(20);
  const Dataset data = folder.load();
  const BatchPlan plan{.batches = {{3, 1}, {19}, {}, {0, 5, 6, 7, 8, 2, 2}, {4}, {9, 10}, {11}}};
  const int threads = thread_count();
  for (const int count : {1, 5}) {
    set_thread_count(count);
    const auto batches = all_batches(data, data.train, plan);
    REQUIRE(batches.size() == plan.batches.size());
    for (std::size_t b = 0; b < batches.size(); ++b) {
      CHECK(batches[b].positions == plan.batches[b]);
      CHECK(batches[b].left_out.empty());
      CHECK(batches[b].views.front().size(0) == static_cast<std::int64_t>(plan.batches[b].size()));
      for (std::size_t i = 0; i < plan.batches[b].size(); ++i)
        CHECK(red(data, batches[b], static_cast<std::int64_t>(i)) == 10 * plan.batches[b][i]);
    }
  }
  set_thread_count(threads);
}

TEST_CASE("batches from files: augmented by the same draws on any number of threads, views independent") {
  const TemporaryFolder folder;
  std::string list;
  Philox random(1, Purpose::test);
  for (int i = 0; i < 8; ++i) {
    Image image(20 + i, 30, 3);
    for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
    const std::string name = std::to_string(i) + (i % 2 ? ".jpg" : ".png");
    write_bytes(folder.path() / name, i % 2 ? jpeg(image) : png(image));
    list += name + (i % 2 ? " 0\n" : " 1\n");
  }
  write_text(folder.path() / "train.txt", list);
  write_text(folder.path() / "test.txt", list);
  const Dataset data = load_list({.folder = folder.path(), .size = 16, .resize = 18});
  BatchPlan plan{.batches = {{0, 1, 2, 3}, {4, 5, 6, 7}},
                 .augmentation = Augmentation::parse("resized-crop+flip+jitter+randaugment:n=1,m=9"),
                 .seed = 4,
                 .epoch = 2,
                 .views = 2};
  const int threads = thread_count();
  set_thread_count(1);
  const auto one = all_batches(data, data.train, plan);
  set_thread_count(4);
  const auto four = all_batches(data, data.train, plan);
  set_thread_count(threads);
  REQUIRE(one.size() == 2);
  for (int b = 0; b < 2; ++b) {
    REQUIRE(one[b].views.size() == 2);
    CHECK(one[b].views[0].shape() == Shape{4, 16, 16, 3});
    for (int v = 0; v < 2; ++v)
      CHECK(one[b].views[v].to_vector<float>() == four[b].views[v].to_vector<float>());
    CHECK(one[b].views[0].to_vector<float>() != one[b].views[1].to_vector<float>());
  }
  plan.batches = {{6}};
  const auto alone = all_batches(data, data.train, plan)[0].views[0].to_vector<float>();
  const auto together = one[1].views[0].to_vector<float>();
  CHECK(std::equal(alone.begin(), alone.end(), together.begin() + 2 * 16 * 16 * 3));
  plan.epoch = 3;
  CHECK(all_batches(data, data.train, plan)[0].views[0].to_vector<float>() != alone);
}

TEST_CASE("batches from files: images that cannot be read are named, or left out and counted") {
  const ListFolder folder;
  folder.write(ListFolder::name(2), "no image at all");
  const auto whole = png(plain_image(8, 8, 1, 2, 3));
  write_bytes(folder.path() / ListFolder::name(4), {whole.begin(), whole.begin() + 50});
  const BatchPlan plan{.batches = {{0, 1, 2}, {2, 4}, {5, 4, 3}}};
  const Dataset strict = folder.load();
  check_error([&] { all_batches(strict, strict.train, plan); }, {"images/2.png", "no JPEG or PNG"});
  check_error([&] { all_batches(strict, strict.train, {.batches = {{4}}}); }, {"images/4.png", "damaged"});

  ListOptions options = folder.options();
  options.skip_bad = true;
  const Dataset data = load_list(options);
  const auto batches = all_batches(data, data.train, plan);
  REQUIRE(batches.size() == 3);
  CHECK(batches[0].positions == std::vector<std::int32_t>{0, 1});
  CHECK(batches[0].views[0].shape() == Shape{2, 8, 8, 3});
  REQUIRE(batches[0].left_out.size() == 1);
  CHECK(batches[0].left_out[0].find("images/2.png") != std::string::npos);
  CHECK(batches[1].positions.empty());
  CHECK(batches[1].views.empty());
  CHECK(batches[1].left_out.size() == 2);
  CHECK(batches[2].positions == std::vector<std::int32_t>{5, 3});
  CHECK(red(data, batches[2], 0) == 50);
  CHECK(red(data, batches[2], 1) == 30);
}

TEST_CASE("a stream may be left before its end, and refuses samples and views that are not there") {
  const ListFolder folder;
  const Dataset data = folder.load();
  {
    const auto stream = open_batches(data, data.train, {.batches = ordered_batches(6, 1)});
    CHECK(stream->next()->positions == std::vector<std::int32_t>{0});
  }
  check_error([&] { all_batches(data, data.train, {.batches = {{6}}}); }, {"sample 6", "set of 6"});
  check_error([&] { all_batches(data, data.train, {.batches = {{0}}, .views = 0}); }, {"views", "0"});
  CHECK(all_batches(data, data.train, {.batches = {}}).empty());
}

TEST_CASE("sets of files are cut and split as sets in memory are") {
  const ListFolder folder;
  const Dataset data = folder.load();
  const ImageSet chosen = subset(data.train, {4, 0});
  CHECK(chosen.files == std::vector<std::string>{data.train.files[4], data.train.files[0]});
  CHECK(chosen.truth == std::vector<std::int32_t>{1, 0});
  const auto [rest, held_out] = split_validation(data.train, 0.5, 1);
  CHECK(rest.files.size() == 3);
  CHECK(held_out.files.size() == 3);
}

TEST_CASE("images: PNG and JPEG of every kind become red, green and blue") {
  Image grey(3, 5, 1);
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) grey.pixels[i] = static_cast<std::uint8_t>(16 * i);
  const DecodedImage decoded = decode_image(png(grey), "grey.png");
  CHECK(decoded.view().channels == 4);
  CHECK(decoded.view().height == 3);
  CHECK(decoded.view().width == 5);
  for (int i = 0; i < 15; ++i)
    for (int c = 0; c < 3; ++c) CHECK(decoded.view().pixels[4 * i + c] == 16 * i);

  const DecodedImage photo = decode_image(jpeg(plain_image(40, 30, 200, 100, 50)), "photo.jpg");
  for (int i = 0; i < 1200; ++i) {
    const std::uint8_t* pixel = photo.view().pixels + 4 * i;
    CHECK(std::abs(pixel[0] - 200) <= 2);
    CHECK(std::abs(pixel[1] - 100) <= 2);
    CHECK(std::abs(pixel[2] - 50) <= 2);
  }
}

TEST_CASE("images: a PNG whose first data chunk is empty is as good as any") {
  const auto plain = png(plain_image(3, 5, 200, 100, 50));
  constexpr std::size_t data_chunk = 8 + 25;  // behind signature and header
  const std::vector<std::byte> empty{std::byte{0},    std::byte{0},    std::byte{0},    std::byte{0},
                                     std::byte{'I'},  std::byte{'D'},  std::byte{'A'},  std::byte{'T'},
                                     std::byte{0x35}, std::byte{0xaf}, std::byte{0x06}, std::byte{0x1e}};
  auto with_empty = plain;
  with_empty.insert(with_empty.begin() + data_chunk, empty.begin(), empty.end());
  const DecodedImage expected = decode_image(plain, "plain.png");
  const DecodedImage decoded = decode_image(with_empty, "empty.png");
  CHECK(std::equal(expected.view().pixels, expected.view().pixels + 60, decoded.view().pixels));
}

TEST_CASE("images: what is damaged, cut short, too large or a bomb is refused") {
  const auto whole = jpeg(plain_image(64, 64, 9, 99, 199));
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{20}, whole.size() / 2, whole.size() - 20})
    check_error([&] { decode_image(std::span(whole).first(length), "cut.jpg"); }, {"cut.jpg"});

  // Headers that promise 10000×10000 and 30000×30000 pixels over the data of one.
  auto large = png(plain_image(1, 1, 1, 2, 3));
  for (const std::size_t side : {16, 20}) {
    large[side + 2] = std::byte{0x27};
    large[side + 3] = std::byte{0x10};
  }
  check_error([&] { decode_image(with_right_checksums(large), "large.png"); },
              {"large.png", "10000x10000", "64 million"});
  large[18] = large[22] = std::byte{0x75};
  check_error([&] { decode_image(with_right_checksums(large), "large.png"); }, {"large.png"});

  // One that promises 6,553,600×9: few enough, but on a side they make the decoder's margins outgrow the
  // image.
  auto thin = png(plain_image(9, 7, 1, 2, 3));
  thin[17] = std::byte{0x64};
  thin[19] = std::byte{0};
  check_error([&] { decode_image(with_right_checksums(thin), "thin.png"); },
              {"thin.png", "6553600x9", "65535 on a side"});

  // The data of 8000×8000 pixels under a header that promises 8×8.
  auto bomb = png(Image(8000, 2000, 3));
  for (const std::size_t side : {16, 20}) {
    bomb[side + 2] = std::byte{0};
    bomb[side + 3] = std::byte{8};
  }
  check_error([&] { decode_image(with_right_checksums(bomb), "bomb.png"); },
              {"bomb.png", "damaged", "outofmem"});
}

TEST_CASE("images: a PNG with a bit that is wrong, wherever it is, or cut short is refused") {
  const auto whole = png(plain_image(9, 7, 1, 99, 200));
  decode_image(whole, "whole.png");
  CHECK(with_right_checksums(whole) == whole);
  for (std::size_t at = 8; at < whole.size(); ++at) {
    auto flipped = whole;
    flipped[at] ^= std::byte{4};
    check_error([&] { decode_image(flipped, "flipped.png"); }, {"flipped.png"});
    check_error([&] { decode_image(std::span(whole).first(at), "cut.png"); }, {"cut.png"});
  }
  auto data = whole, name = whole;
  data[whole.size() - 20] ^= std::byte{1};  // of the packed pixels
  check_error([&] { decode_image(data, "data.png"); }, {"data.png", "chunk IDAT has the wrong checksum"});
  for (int i = 0; i < 4; ++i) name[37 + i] = std::byte{0x1b};
  check_error([&] { decode_image(name, "name.png"); }, {"name.png", "chunk \\x1b\\x1b\\x1b\\x1b"});
  check_error([&] { decode_image(with_right_checksums(name), "name.png"); }, {"name.png"});
}

TEST_CASE("images: a JPEG whose scan uses Huffman tables that it never set does no harm") {
  auto bytes = jpeg(plain_image(64, 64, 9, 99, 199));
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i)  // the tables' segments become ones that nobody reads
    if (bytes[i] == std::byte{0xff} && bytes[i + 1] == std::byte{0xc4}) bytes[i + 1] = std::byte{0xec};
  for (int attempt = 0; attempt < 20; ++attempt) {
    {
      std::vector<std::byte> litter(20000 + attempt,
                                    std::byte{0x5a});  // what the decoder's memory was before
      CHECK(litter.back() == std::byte{0x5a});
    }
    const DecodedImage decoded = decode_image(bytes, "tables.jpg");
    CHECK(decoded.view().width == 64);
  }
}

TEST_CASE("images: Huffman tables of more codes than a table can have are refused") {
  auto photo = jpeg(plain_image(16, 16, 9, 99, 199));
  const auto is_table = [&](std::size_t i) {
    return photo[i] == std::byte{0xff} && photo[i + 1] == std::byte{0xc4};
  };
  std::size_t table = 0;
  while (!is_table(table)) ++table;
  for (std::size_t i = 0; i < 16; ++i) photo[table + 5 + i] = std::byte{17};  // 272 codes
  check_error([&] { decode_image(photo, "overflow.jpg"); }, {"overflow.jpg", "Huffman table has 272 codes"});

  // A profile, and what stands behind the image's end, may hold the same bytes.
  auto sound = jpeg(plain_image(16, 16, 9, 99, 199));
  std::vector<std::byte> profile = {std::byte{0xff}, std::byte{0xe2}, std::byte{0}, std::byte{42}};
  profile.insert(profile.end(), photo.begin() + static_cast<std::ptrdiff_t>(table),
                 photo.begin() + static_cast<std::ptrdiff_t>(table) + 40);
  sound.insert(sound.begin() + 2, profile.begin(), profile.end());
  sound.insert(sound.end(), profile.begin(), profile.end());
  CHECK(decode_image(sound, "profile.jpg").view().width == 16);
}
