# A crew of its own: the parent reads results from a pipe that all workers hold open; one of them was killed.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

pipe(my $jobs_out, my $jobs_in) or die $!;
pipe(my $done_out, my $done_in) or die $!;
$_->autoflush(1) for $jobs_in, $done_in;
say_('process', $$);
for my $n (1 .. 3) {
    next if fork;
    close $jobs_in;
    close $done_out;
    while (sysread $jobs_out, my $job, 1) {
        if ($job eq 'x') {
            say_('process', $$);
            say_('ready');
            nap(0.2);
            kill 'KILL', $$;
        }
        nap(0.05);
        syswrite $done_in, $job;
    }
    exit;
}
close $done_in;
syswrite $jobs_in, 'abxcdefg';
my $got = 0;
$got += sysread $done_out, my $one, 1 while $got < 8;
