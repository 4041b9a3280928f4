// Values that know whether somebody read them: of the command line (option.h). One thread.
#pragma once

#include <utility>

namespace testamur::wallet {

class Readable {
 public:
  bool was_read() const { return read_; }

 protected:
  Readable() = default;
  ~Readable() = default;
  void note_read() const { read_ = true; }

 private:
  mutable bool read_ = false;
};

// A value that may be given on the command line. Cannot be copied: a copy's readers would go
// unseen.
template <class T>
class Given : public Readable {
 public:
  Given() = default;
  Given(T initial) : value_(std::move(initial)) {}
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;
  Given& operator=(T value) {
    value_ = std::move(value);
    return *this;
  }

  const T& operator*() const {
    note_read();
    return value_;
  }
  const T* operator->() const { return &**this; }
  operator const T&() const { return **this; }
  // For the parser: not a reading.
  T& storage() { return value_; }

 private:
  T value_{};
};

}  // namespace testamur::wallet
