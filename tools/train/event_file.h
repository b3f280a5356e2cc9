// Event files for TensorBoard: the metrics of a run, scalars and histograms, an event per epoch.
//
// A file is a list of records, each a length (8 bytes, little-endian), its checksum (4), that many bytes, and
// their checksum (4); the bytes are a protocol buffer of tensorflow/core/util/event.proto. Checksums are
// CRC-32C (Castagnoli), "masked": rotated right by 15 bits, plus a constant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace noisegate {

/// The masked CRC-32C of these bytes.
std::uint32_t masked_crc32c(std::string_view bytes);

/// Appends an epoch's line of metrics.jsonl, counted from 1: numbers become scalars, lists of counts become
/// histograms over the range of margins (see MarginHistogram), each under its key. Removes this epoch and
/// later ones, which remain from before a resume, and a truncated record. Throws Error if it cannot be
/// written; the file then ends before this epoch.
void append_events(const std::filesystem::path& file, int epoch, const nlohmann::ordered_json& metrics);

}  // namespace noisegate
