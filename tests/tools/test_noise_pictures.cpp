// What noisegate noise draws: the contact sheet, whose PNG is decoded again, and the heat map.
#include "datasets/image_file.h"
#include "noise/noise.h"
#include "tests/temporary_folder.h"
#include "tools/figures/contact_sheet.h"
#include "tools/figures/heat_map.h"

#include <fstream>
#include <span>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

constexpr Colour white{255, 255, 255}, black{0, 0, 0}, red{255, 0, 0};

Image decoded(const Picture& picture) {
  const std::string png = picture.png();
  return Image(decode_image(std::as_bytes(std::span(png)), "picture.png").view());
}

Colour pixel(const Image& image, int x, int y) {
  const std::uint8_t* p = ImageView(image).row(y) + x * image.channels;
  return {p[0], p[1], p[2]};
}

int count(const Image& image, Colour colour) {
  int pixels = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) pixels += pixel(image, x, y) == colour;
  return pixels;
}

/// `samples` grey images of 4×4 pixels, labelled in turn as `given` says; the truth is class 0.
Dataset grey_set(int samples, const std::vector<std::int32_t>& given) {
  Dataset dataset{.name = "grey", .classes = 2, .class_names = {"zero", "one"}, .train = {}, .test = {}};
  dataset.train.images = Tensor::from(std::vector<std::uint8_t>(samples * 16, 128), {samples, 4, 4, 1});
  for (int i = 0; i < samples; ++i) dataset.train.given.push_back(given[i % given.size()]);
  dataset.train.truth.assign(samples, 0);
  return dataset;
}

Picture noise_sheet(const Dataset& dataset, const std::string& title) {
  return contact_sheet(dataset.train, title, tiles_of_noise(dataset));
}

std::string heat_map_of(const std::vector<std::int32_t>& truth, const std::vector<std::int32_t>& given,
                        const std::vector<std::string>& names) {
  return heat_map_svg(TransitionMatrix(truth, given, static_cast<int>(names.size())), names, "title",
                      "subtitle");
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a picture shows what is drawn on it, and nothing outside") {
  Picture picture(20, 10, white);
  picture.fill(2, 3, 4, 5, red);
  picture.fill(-5, -5, 6, 6, black);     // one pixel of it is inside
  picture.fill(18, 8, 100, 100, black);  // four
  const Image image = decoded(picture);
  CHECK(image.width == 20);
  CHECK(image.height == 10);
  CHECK(count(image, red) == 20);
  CHECK(count(image, black) == 5);
  CHECK(pixel(image, 2, 3) == red);
  CHECK(pixel(image, 5, 7) == red);
  CHECK(pixel(image, 6, 7) == white);
}

TEST_CASE("images are scaled to their longer side, in colour and in grey") {
  const std::vector<std::uint8_t> grey = {0, 255}, colours = {255, 0, 0, 0, 0, 255};
  Picture picture(16, 8, red);
  picture.draw(0, 0, 8, {grey.data(), 1, 2, 1});  // 1×2 becomes 4×8, in the middle
  const Image image = decoded(picture);
  CHECK(count(image, black) == 16);
  CHECK(count(image, white) == 16);
  CHECK(pixel(image, 0, 1) == red);
  CHECK(pixel(image, 0, 2) == black);
  CHECK(pixel(image, 7, 5) == white);

  picture.draw(8, 0, 8, {colours.data(), 2, 1, 3});
  CHECK(pixel(decoded(picture), 10, 0) == Colour{255, 0, 0});
  CHECK(pixel(decoded(picture), 10, 7) == Colour{0, 0, 255});

  std::vector<std::uint8_t> checker(100);
  for (int i = 0; i < 100; ++i) checker[i] = (i / 10 + i) % 2 ? 255 : 0;
  Picture small(1, 1, red);
  small.draw(0, 0, 1, {checker.data(), 10, 10, 1});  // shrunk: averaged, not picked
  const Colour average = pixel(decoded(small), 0, 0);
  CHECK(average[0] > 110);
  CHECK(average[0] < 145);
}

TEST_CASE("text is drawn in its colour, larger by its scale; what is not ASCII is a question mark") {
  Picture once(100, 20, white), twice(100, 20, white), question(100, 20, white), umlaut(100, 20, white);
  once.write(0, 0, "dog", 1, black);
  twice.write(0, 0, "dog", 2, black);
  CHECK(count(decoded(once), black) > 10);
  CHECK(count(decoded(twice), black) == 4 * count(decoded(once), black));
  CHECK(text_width("dog", 2) == 2 * text_width("dog", 1));
  question.write(0, 0, "??", 1, black);
  umlaut.write(0, 0, "ä", 1, black);  // two bytes
  CHECK(decoded(question).pixels == decoded(umlaut).pixels);
}

TEST_CASE("a contact sheet frames wrong labels") {
  constexpr Colour frame{207, 34, 46};
  const Image right = decoded(noise_sheet(grey_set(30, {0}), "title"));
  CHECK(count(right, frame) == 0);
  CHECK(count(right, {128, 128, 128}) == 30 * 128 * 128);
  const Image wrong = decoded(noise_sheet(grey_set(30, {0, 0, 1}), "title"));
  CHECK(count(wrong, frame) > 10 * (136 * 136 - 128 * 128));  // ten frames, and labels in red
  CHECK(wrong.width == right.width);
  CHECK(wrong.height == right.height);

  Dataset open_set = grey_set(1000, {0});
  open_set.train.truth.assign(1000, no_class);
  const Image all = decoded(noise_sheet(open_set, std::string(1000, 'x')));  // a title that is cut
  CHECK(count(all, {128, 128, 128}) == 80 * 128 * 128);
  CHECK(count(all, frame) > 80 * (136 * 136 - 128 * 128));
}

TEST_CASE("a contact sheet reads images that stay on the disk") {
  const TemporaryFolder folder;
  Picture image(2, 2, red);
  const std::string file = (folder.path() / "image.png").string();
  std::ofstream(file, std::ios::binary) << image.png();
  Dataset dataset = grey_set(1, {0});
  dataset.train.images = {};
  dataset.train.files = {file};
  CHECK(count(decoded(noise_sheet(dataset, "title")), red) == 128 * 128);
}

TEST_CASE("a heat map has a cell for each share, and names that are no markup") {
  const std::string svg = heat_map_of({0, 0, 0, 1}, {0, 0, 1, 1}, {"a<b", "c&d"});
  CHECK(contains(svg, "<title>a&lt;b labelled a&lt;b: 66.67%</title>"));
  CHECK(contains(svg, "<title>a&lt;b labelled c&amp;d: 33.33%</title>"));
  CHECK(contains(svg, "<title>c&amp;d labelled c&amp;d: 100.00%</title>"));
  CHECK_FALSE(contains(svg, "c&amp;d labelled a"));
  CHECK_FALSE(contains(svg, "a<b"));
  CHECK(contains(svg, ">66.7<"));
  CHECK_FALSE(contains(svg, "none of them"));

  CHECK(contains(heat_map_of({no_class, 0}, {1, 0}, {"a", "b"}), "none of them labelled b: 100.00%"));
  // A hundred classes have no room for numbers.
  CHECK_FALSE(contains(heat_map_of({0, 1}, {0, 1}, std::vector<std::string>(100, "n")), ">100.0<"));
}
