/* The message is turned back
   where it arrives. */
// result: out 0 1.0
OPENQASM 3.1;
include "stdgates.inc";
qubit[3] q;
bit c0;
bit c1;
gate message(a) t { rx(a) t; rz(2 * a) t; }
gate bell a, b { h a; cx a, b; }
message(0.7) q[0];
let pair = q[1:2];
bell pair[0], pair[1];
inv @ bell q[0], q[1];
c0 = measure q[0];
c1 = measure q[1];
if (c0 == 1) { z q[2]; }
if (c1) x q[2];
inv @ message(0.7) q[2];
bit out = measure q[-1];
