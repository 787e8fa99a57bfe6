// result: c 1011 1.0
OPENQASM 3.0;
include "stdgates.inc";
qubit[4] asked;
qubit answer;
let all = asked ++ answer;
x answer;
h all;
for int i in {0, 2, 3} { cx asked[i], answer; }
h all;
bit[4] c;
c = measure asked;
