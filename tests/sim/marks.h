// Coverage marks: which rare situations a run has been in, told from what nodes say, store and
// report, so that production code has no line for it. testamur-sim lists those that its seeds never
// reached.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace testamur::sim {

class Marks {
 public:
  // Every name that hit() may be given.
  static const std::vector<std::string>& all();

  void hit(const std::string& name);
  void add(const Marks& other);
  std::uint64_t count(const std::string& name) const;
  std::vector<std::string> never() const;

 private:
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace testamur::sim
