// The steps by which a file is seen whole or not at all: everything goes to a temporary name beside
// the place, is synced, and takes the name in one step; then the folder is synced. Node and wallet
// put these steps together by rules of their own (files/durable_file.h,
// wallet/keystore/file.h) and say in their own words what failed. Any thread; two writers of one
// path must agree among themselves.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/bytes.h"

namespace testamur::inline common::whole_file {

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return descriptor_; }
  bool ok() const { return descriptor_ >= 0; }
  // Some file systems tell only here that a write failed.
  bool close();

 private:
  int descriptor_;
};

// A signal in the middle is no failure. What fails leaves its cause in errno.
bool write_all(int descriptor, ByteView content);
bool sync(int descriptor);
// Zeros over all that the file holds, synced. What the disk keeps elsewhere is beyond us.
bool write_zeros(int descriptor);

enum class Step : std::uint8_t { kCreate, kOpen, kLook, kOwner, kWrite, kSync, kClose };
struct Failure {
  Step step;
  int cause;  // errno
};

// The name is nobody's, so that two processes that write one file do not meet.
std::string temporary_name(const std::string& path);

// A new file with this content, synced and closed; `like`: owner and mode of the file whose place
// it will take. What a failure leaves under the temporary name is the caller's to remove.
std::optional<Failure> write_temporary(const std::string& temporary, ByteView content, mode_t mode,
                                       const struct stat* like = nullptr);

// The temporary file takes the name unless it is taken: false, with the cause in errno (EEXIST).
// Atomic, also on file systems that know no second name of a file.
bool take_free_name(const std::string& temporary, const std::string& path);

// A device or a pipe has no name to take: the content goes there directly.
std::optional<Failure> write_to_device(const std::string& path, ByteView content);

// The folder that holds the name, "." for a bare name, and what makes its names durable.
std::string folder_of(const std::string& path);
bool sync_folder(const std::string& folder);

}  // namespace testamur::inline common::whole_file
