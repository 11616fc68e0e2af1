# Four workers get their jobs from a pipe; three have nothing to do any more, one computes, the parent reads results.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

pipe(my $jobs_out, my $jobs_in) or die $!;
pipe(my $done_out, my $done_in) or die $!;
for (1 .. 4) {
    next if fork;
    close $jobs_in;
    while (sysread $jobs_out, my $job, 1) {
        my %seen;
        my $rounds = $job eq 'x' ? 1e15 : 2e5;
        if ($job eq 'x') {
            say_('process', $$);
            say_('ready');
        }
        for (my $n = 0; $n < $rounds; $n++) { $seen{ $n * 7919 % 10007 } .= $n % 7 if $n % 3; %seen = () if $n % 1e5 == 0 }
        syswrite $done_in, $job;
    }
    exit;
}
syswrite $jobs_in, 'abcxdef';
my $got = 0;
$got += sysread $done_out, my $one, 1 while $got < 7;
