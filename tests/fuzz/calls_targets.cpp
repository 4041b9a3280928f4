// Calls of the API in any order, to a node that runs.
#include "tests/fuzz/call_steps.h"
#include "tests/fuzz/sequences.h"
#include "tests/fuzz/target.h"

namespace testamur::fuzz {
namespace {

void calls(ByteView input) { CallSteps(ApiWorld::get(), input).run(); }

constexpr Target kTargets[] = {{"calls", calls, sequence_seeds, 20}};

}  // namespace

std::span<const Target> targets() { return kTargets; }

}  // namespace testamur::fuzz
