# Reads a program's output to its end, while the program stands in a write to its full error pipe.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;
use IPC::Open3;
use Symbol 'gensym';

my $errors = gensym;
my $pid = open3(my $in, my $out, $errors, 'awk', 'BEGIN { while (n++ < 1e6) print n > "/dev/stderr"; print "done" }');
close $in;
say_('process', $$);
say_('process', $pid);
say_('ready');
1 while <$out>;
1 while <$errors>;
waitpid $pid, 0;
