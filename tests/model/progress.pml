/* Progress: whatever happened before, once the faults stop and messages arrive, a block becomes final.
 *
 * Views 1 to VIEWS - 1 are the time before. Messages come in any order and at any time, or only to some; timers fire when
 * they like; leaders show one block to some and another to others and to the rest nothing, which includes all that an
 * honest leader can do; Byzantine votes reach whom they are meant to reach or nobody; honest nodes crash, CRASHES times
 * in all, lose what was not synced and restart. In the last view the network is timely: node 0 leads it and has not
 * crashed, and no timer fires.
 *
 * Faults may stop at any moment, also before the first step. What must still happen then is *due*: what an honest node
 * sent or holds reaches everybody, timers fire, syncs return. Each step adds something, so no run is infinite
 * (`scripts/model --deep` checks that too), and fair delivery is the same as: a run goes on while a step is due. A state
 * in which nothing is due and no block of the last view is final is a deadlock: nothing that only the Byzantine node can
 * do counts as a way out.
 *
 * certificates[v] holds what some honest node holds: it says its certificates again until the view is final and answers
 * requests for them, so everybody gets them. A certificate that needs Byzantine votes comes to be by a step that the
 * Byzantine node may take or not.
 */
#define FIRST_ALIKE 1
#define BODY_TOO(label) BODY(label)
#include "rules.pml"

#ifndef CRASHES
#define CRASHES 0
#endif
byte crashes_left = CRASHES;

#define LEADER 0 /* of the last view */
#define DONE CERTIFIED(VIEWS, FINALIZE(0))

/* What honest votes alone certify is certified as soon as they have left. */
inline said(i) {
  form_certificates(QUORUM);
  sort_nodes()
}

/* The block is final already, or an honest node has its body and answers whoever asks. */
#define HOLDS(i, b) ((node[i].memory[VIEW_OF(b)] & BODY((b) % 2)) != 0)
#define OBTAINABLE(b) ((b) == BASE || SOME_NODE(HOLDS, b))

/* Rule 0, in the last view: one block, whose body is in memory only, since a proposal does not wait for a disk. */
#define MAY_PROPOSE(i) \
  (i == LEADER && MAY_SPEAK_IN(i, VIEWS) && parent[BLOCK(VIEWS, 0)] == 0 && SOMETHING_EXTENDABLE(VIEWS))

inline propose() {
  choose_parent(BLOCK(VIEWS, 0), VIEWS);
  TELL_BLOCK("  node %d proposes block %d%c\n", VIEWS, 0);
  d_step { node[i].view = VIEWS; node[i].memory[VIEWS] = node[i].memory[VIEWS] | BODY(0) }
}

/* Rule 1, in the last view. To validate a block takes it and its parent. */
#define MUST_NOTARIZE(i)                                                                                  \
  (MAY_SPEAK_IN(i, VIEWS) && FREE_TO_NOTARIZE(i, VIEWS, 0) && parent[BLOCK(VIEWS, 0)] != 0 &&             \
   OBTAINABLE(BLOCK(VIEWS, 0)) && OBTAINABLE(parent[BLOCK(VIEWS, 0)]))

#define STEPS_IN(v)                                                      \
  :: atomic { v < VIEWS && MAY_NOTARIZE(i, v, 0) -> notarize(v, 0) }     \
  :: atomic { v < VIEWS && MAY_NOTARIZE(i, v, 1) -> notarize(v, 1) }     \
  :: atomic { MAY_NULLIFY(i, v) -> nullify(v) }                          \
  :: atomic { MAY_FINALIZE(i, v, 0) -> finalize(v, 0) }                  \
  :: atomic { MAY_FINALIZE(i, v, 1) -> finalize(v, 1) }

#define MAY_CRASH(i) (crashes_left > 0 && i != LEADER && LOSES(i))

proctype honest(byte i) provided(!DONE) {
  do
  EVERY_VIEW(STEPS_IN)
  :: atomic { MAY_PROPOSE(i) -> propose() }
  :: atomic { MUST_NOTARIZE(i) -> notarize(VIEWS, 0) }
  :: atomic { node[i].unsynced -> TELL("  node %d: synced in view %d, its vote leaves\n", node[i].view); d_step { sync(i); said(i) } }
  :: atomic {
       MAY_CRASH(i) -> TELL("  node %d crashes, restarts in view %d without what was not synced\n", node[i].disk_view);
       d_step { crash(i); crashes_left--; said(i) }
     }
  od
}

/* Byzantine votes, given to an honest node. */
#define MAY_GIVE(v, votes) (v < VIEWS && !CERTIFIED(v, votes) && VOICES(v, votes) + FAULTY >= QUORUM)
#define GIFTS_IN(v)                                                                                   \
  :: d_step { MAY_GIVE(v, NOTARIZE(0)) -> certificates[v] = certificates[v] | NOTARIZE(0) }           \
  :: d_step { MAY_GIVE(v, NOTARIZE(1)) -> certificates[v] = certificates[v] | NOTARIZE(1) }           \
  :: d_step { MAY_GIVE(v, NULLIFY) -> certificates[v] = certificates[v] | NULLIFY }

proctype byzantine() provided(!DONE) {
  do
  EVERY_VIEW(GIFTS_IN)
  od
}

#define DUE_IN(i, v) (MAY_NULLIFY(i, v) || MAY_FINALIZE(i, v, 0) || MAY_FINALIZE(i, v, 1))
#define DUE(i, v, x) (MAY_PROPOSE(i) || MUST_NOTARIZE(i) || node[i].unsynced || IN_ANY_VIEW(DUE_IN, i))

bool progress;
proctype watch() {
  !DONE && SUM_OF_NODES(DUE, 0, 0) == 0 -> assert(progress)
}

init {
  atomic {
    d_step { begin() };
    run watch();
    run byzantine();
    run honest(0);
    run honest(1);
    run honest(2);
#if HONEST > 3
    run honest(3);
#endif
#if HONEST > 4
    run honest(4);
#endif
  }
}
