/* Simplex as an honest validator follows it (docs/consensus.md, "What an honest key signs"): what agreement.pml and
 * progress.pml have in common.
 *
 * Set with -D: N validators (4, 5 or 7), of which f = FAULTY are Byzantine; VIEWS views (1 to 4).
 * A broken rule is selected by its own -D:
 *   QUORUM_2F1                  a quorum is 2f + 1 signatures instead of n - f
 *   VOTE_BEFORE_PERSIST         a vote leaves when it is cast, not when it is durable
 *   FINALIZE_AFTER_NULLIFY      a node finalizes a view that it nullified
 *   NULLIFY_AFTER_FINALIZE      a node nullifies a view that it finalized, and so has left
 *   NOTARIZE_TWICE              a node notarizes two blocks of one view
 *   SKIP_UNNULLIFIED_VIEWS      the views between a block and its parent need not be nullified
 *   NO_NULLIFY_AFTER_NOTARIZE   a node does not nullify a view in which it notarized
 *   VOTE_WITHOUT_BODY           the journal keeps a notarize vote but not the block that it is for
 *
 * Two reductions are in the rules themselves; both leave out only runs that differ from a remaining one in nothing that
 * another node can see:
 *   - A node is in the last view that a vote of its own names, and enters the next one together with a vote. To have
 *     entered it before, by a certificate, would only have forbidden votes in the views below.
 *   - A node whose vote waits for the disk casts no other. The sync of the first could as well have come before the
 *     second was cast, and a crash that loses both could as well have come then.
 * A third comes with -DSYNC_AT_ONCE: a vote is durable when it is cast. A vote that a crash takes before it has left is a
 * vote that was never cast. (So it says nothing about VOTE_BEFORE_PERSIST.)
 */
#ifndef N
#define N 4
#endif
#ifndef VIEWS
#define VIEWS 2
#endif

#define FAULTY ((N - 1) / 3)
#define HONEST (N - FAULTY)
#ifdef QUORUM_2F1
#define QUORUM (2 * FAULTY + 1)
#else
#define QUORUM (N - FAULTY)
#endif

#if HONEST == 3
#define SUM_OF_NODES(term, v, x) (term(0, v, x) + term(1, v, x) + term(2, v, x))
#define SOME_NODE(term, b) (term(0, b) || term(1, b) || term(2, b))
#elif HONEST == 4
#define SUM_OF_NODES(term, v, x) (term(0, v, x) + term(1, v, x) + term(2, v, x) + term(3, v, x))
#define SOME_NODE(term, b) (term(0, b) || term(1, b) || term(2, b) || term(3, b))
#elif HONEST == 5
#define SUM_OF_NODES(term, v, x) (term(0, v, x) + term(1, v, x) + term(2, v, x) + term(3, v, x) + term(4, v, x))
#define SOME_NODE(term, b) (term(0, b) || term(1, b) || term(2, b) || term(3, b) || term(4, b))
#else
#error "N is 4, 5 or 7"
#endif

#if VIEWS == 1
#define EVERY_VIEW(step) step(1)
#define IN_ANY_VIEW(term, i) term(i, 1)
#elif VIEWS == 2
#define EVERY_VIEW(step) step(1) step(2)
#define IN_ANY_VIEW(term, i) (term(i, 1) || term(i, 2))
#elif VIEWS == 3
#define EVERY_VIEW(step) step(1) step(2) step(3)
#define IN_ANY_VIEW(term, i) (term(i, 1) || term(i, 2) || term(i, 3))
#elif VIEWS == 4
#define EVERY_VIEW(step) step(1) step(2) step(3) step(4)
#define IN_ANY_VIEW(term, i) (term(i, 1) || term(i, 2) || term(i, 3) || term(i, 4))
#else
#error "VIEWS is 1 to 4"
#endif

/* A block is 2 * view + label, label 0 (A) or 1 (B): at most two blocks a view. Block 1 is the last final one before
 * view 1. parent[b] is the block that b extends, 0 while nobody has proposed b. */
#define BASE 1
#define VIEW_OF(b) ((b) / 2)
#define BLOCK(v, label) (2 * (v) + (label))
byte parent[2 * VIEWS + 2];

/* What a node has said in a view is a set of these. A certificate is named by the vote that it collects. */
#define NOTARIZE(label) (1 << (label))
#define FINALIZE(label) (4 << (label))
#define NULLIFY 16
#define BODY(label) (32 << (label)) /* said to nobody: the node holds the block itself */
#define NOTARIZE_ANY 3
#define FINALIZE_ANY 12
#define VOTES 31

typedef Node {
  byte view;              /* the view that it is in */
  bool unsynced;          /* a vote waits for the disk */
  byte disk_view;         /* the view that a restart brings it to */
  byte memory[VIEWS + 1]; /* by view: the votes that bind it */
  byte disk[VIEWS + 1];   /* the votes that a restart brings back */
  byte sent[VIEWS + 1];   /* the votes that have ever left */
}
Node node[HONEST];

/* Certificates that honest nodes can have, by view. View 0 stands for that of the last final block. */
byte certificates[VIEWS + 1];
#define CERTIFIED(v, votes) ((certificates[v] & (votes)) != 0)

byte at, vote; /* of loops; 0 between steps */

inline begin() {
  parent[BASE] = BASE;
  certificates[0] = NOTARIZE(BASE % 2);
  at = 0;
  do
  :: at < HONEST -> node[at].view = 1; node[at].disk_view = 1; at++
  :: else -> break
  od;
  at = 0
}

/* --- Certificates: votes that have left honest nodes, and as many Byzantine ones as `threshold` leaves out. */
#define HAS_SENT(i, v, vote) ((node[i].sent[v] & (vote)) != 0)
#define VOICES(v, vote) SUM_OF_NODES(HAS_SENT, v, vote)

inline form_certificates(threshold) {
  at = 1;
  do
  :: at <= VIEWS ->
     vote = 1;
     do
     :: vote <= NULLIFY ->
        if
        :: VOICES(at, vote) >= threshold -> certificates[at] = certificates[at] | vote
        :: else
        fi;
        vote = vote * 2
     :: else -> break
     od;
     at++
  :: else -> break
  od;
  at = 0;
  vote = 0
}

/* --- Persist, sync, then send. A vote binds from the moment of signing. One sync makes durable what the node knows, and
 * only then its votes leave; a crash takes what was not synced. */
#ifdef VOTE_WITHOUT_BODY
#define KEPT VOTES
#else
#define KEPT (VOTES | BODY(0) | BODY(1))
#endif

#define DIFFERS(i, v) (node[i].memory[v] != node[i].disk[v])
#define LOSES(i) IN_ANY_VIEW(DIFFERS, i)

inline sync(i) {
  at = 1;
  do
  :: at <= VIEWS ->
     node[i].disk[at] = node[i].memory[at] & KEPT;
     node[i].sent[at] = node[i].sent[at] | (node[i].memory[at] & VOTES);
     at++
  :: else -> break
  od;
  at = 0;
  node[i].disk_view = node[i].view;
  node[i].unsynced = false
}

inline crash(i) {
  at = 1;
  do
  :: at <= VIEWS -> node[i].memory[at] = node[i].disk[at]; at++
  :: else -> break
  od;
  at = 0;
  node[i].view = node[i].disk_view;
  node[i].unsynced = false
}

/* `v` becomes the node's view at least; each model says in said(i) what follows. */
inline cast(i, v, votes) {
  if
  :: node[i].view < v -> node[i].view = v
  :: else
  fi;
  node[i].memory[v] = node[i].memory[v] | (votes);
  node[i].unsynced = true;
#ifdef VOTE_BEFORE_PERSIST
  node[i].sent[v] = node[i].sent[v] | ((votes) & VOTES);
#endif
#ifdef SYNC_AT_ONCE
  sync(i);
#endif
  said(i)
}

/* --- Nodes from FIRST_ALIKE on differ in nothing but their numbers, so states that differ in their order only are one:
 * each step ends with them sorted. With -DSTORY they keep their numbers and steps are printed. */
#ifdef STORY
#define TELL_BLOCK(text, v, label) printf(text, i, v, 'A' + (label))
#define TELL(text, v) printf(text, i, v)
#define TELL_NOTARIZE(v, label) tell_notarize(v, label)
inline tell_notarize(v, label) {
  if
  :: parent[BLOCK(v, label)] == BASE -> TELL_BLOCK("  node %d notarizes block %d%c, on the last final block\n", v, label)
  :: else ->
     printf("  node %d notarizes block %d%c, on block %d%c\n", i, v, 'A' + label, VIEW_OF(parent[BLOCK(v, label)]),
            'A' + parent[BLOCK(v, label)] % 2)
  fi
}
#define sort_nodes() skip
#else
#define TELL_BLOCK(text, v, label) skip
#define TELL(text, v) skip
#define TELL_NOTARIZE(v, label) skip
inline sort_nodes() {
  c_code {
    for (int i = FIRST_ALIKE + 1; i < sizeof(now.node) / sizeof(now.node[0]); ++i) {
      for (int k = i; k > FIRST_ALIKE && memcmp(&now.node[k - 1], &now.node[k], sizeof(struct Node)) > 0; --k) {
        struct Node kept = now.node[k - 1];
        now.node[k - 1] = now.node[k];
        now.node[k] = kept;
      }
    }
  }
}
#endif

/* --- The rules. */
#define SAYS(i, v, votes) ((node[i].memory[v] & (votes)) != 0)

#define MAY_SPEAK_IN(i, v)                                      \
  (!node[i].unsynced && (node[i].view == v ||                        \
                    (node[i].view < v && CERTIFIED((v) - 1, NOTARIZE_ANY | NULLIFY))))

/* Rule 1: the parent is notarized, and every view between is nullified. */
#ifdef SKIP_UNNULLIFIED_VIEWS
#define NULLIFIED_BETWEEN(p, v) true
#else
#define NULLIFIED_BETWEEN(p, v)                                                                          \
  (((p) + 1 >= (v) || CERTIFIED((p) + 1, NULLIFY)) && ((p) + 2 >= (v) || CERTIFIED((p) + 2, NULLIFY)) && \
   ((p) + 3 >= (v) || CERTIFIED((p) + 3, NULLIFY)))
#endif
#define EXTENDABLE(b, v) \
  (VIEW_OF(b) < (v) && CERTIFIED(VIEW_OF(b), NOTARIZE((b) % 2)) && NULLIFIED_BETWEEN(VIEW_OF(b), v))
#define EXTENDABLE_IN(p, v) ((p) < (v) && (EXTENDABLE(BLOCK(p, 0), v) || EXTENDABLE(BLOCK(p, 1), v)))
#define SOMETHING_EXTENDABLE(v) \
  (EXTENDABLE(BASE, v) || EXTENDABLE_IN(1, v) || EXTENDABLE_IN(2, v) || EXTENDABLE_IN(3, v))

/* Certificates stay, so what may be extended when a block is proposed may be extended when it is voted for. */
inline choose_parent(b, v) {
  if
  :: EXTENDABLE(BASE, v) -> parent[b] = BASE
  :: v > 1 && EXTENDABLE(BLOCK(1, 0), v) -> parent[b] = BLOCK(1, 0)
  :: v > 1 && EXTENDABLE(BLOCK(1, 1), v) -> parent[b] = BLOCK(1, 1)
#if VIEWS > 2
  :: v > 2 && EXTENDABLE(BLOCK(2, 0), v) -> parent[b] = BLOCK(2, 0)
  :: v > 2 && EXTENDABLE(BLOCK(2, 1), v) -> parent[b] = BLOCK(2, 1)
#endif
#if VIEWS > 3
  :: v > 3 && EXTENDABLE(BLOCK(3, 0), v) -> parent[b] = BLOCK(3, 0)
  :: v > 3 && EXTENDABLE(BLOCK(3, 1), v) -> parent[b] = BLOCK(3, 1)
#endif
  fi
}

#ifdef NOTARIZE_TWICE
#define FREE_TO_NOTARIZE(i, v, label) (!SAYS(i, v, NULLIFY | NOTARIZE(label)))
#else
#define FREE_TO_NOTARIZE(i, v, label) (!SAYS(i, v, NULLIFY | NOTARIZE_ANY))
#endif

/* The block of an equivocating leader: there are two, each on any parent that the rule allows; B comes after A. The first
 * vote for it stands for its proposal too. */
#define MAY_NOTARIZE(i, v, label)                                      \
  (MAY_SPEAK_IN(i, v) && FREE_TO_NOTARIZE(i, v, label) &&              \
   (parent[BLOCK(v, label)] != 0 || ((label == 0 || parent[BLOCK(v, 0)] != 0) && SOMETHING_EXTENDABLE(v))))

inline notarize(v, label) {
  if
  :: parent[BLOCK(v, label)] == 0 -> choose_parent(BLOCK(v, label), v)
  :: else
  fi;
  TELL_NOTARIZE(v, label);
  d_step { cast(i, v, NOTARIZE(label) | BODY_TOO(label)) }
}

/* Rule 2: the timer fires when it likes. In the last view nothing can come of it. */
#ifdef NULLIFY_AFTER_FINALIZE
#define MAY_NULLIFY(i, v) (v < VIEWS && !node[i].unsynced && node[i].view >= v && !SAYS(i, v, NULLIFY))
#else
#define MAY_NULLIFY(i, v) (v < VIEWS && MAY_SPEAK_IN(i, v) && !SAYS(i, v, AGAINST_NULLIFY))
#endif
#ifdef NO_NULLIFY_AFTER_NOTARIZE
#define AGAINST_NULLIFY (NULLIFY | FINALIZE_ANY | NOTARIZE_ANY)
#else
#define AGAINST_NULLIFY (NULLIFY | FINALIZE_ANY)
#endif

inline nullify(v) {
  TELL("  node %d nullifies view %d\n", v);
  d_step { cast(i, v, NULLIFY) }
}

/* Rule 3: the notarization is there, which also takes the node to the next view. */
#ifdef FINALIZE_AFTER_NULLIFY
#define AGAINST_FINALIZE FINALIZE_ANY
#else
#define AGAINST_FINALIZE (FINALIZE_ANY | NULLIFY)
#endif
#define MAY_FINALIZE(i, v, label) \
  (!node[i].unsynced && CERTIFIED(v, NOTARIZE(label)) && !SAYS(i, v, AGAINST_FINALIZE))

inline finalize(v, label) {
  TELL_BLOCK("  node %d finalizes block %d%c\n", v, label);
  d_step {
    if
    :: node[i].view <= v -> node[i].view = v + 1
    :: else
    fi;
    cast(i, v, FINALIZE(label))
  }
}
