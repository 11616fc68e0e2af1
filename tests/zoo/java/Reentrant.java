// Three threads of a pool take three ReentrantLocks in a ring; the main thread waits for their futures.
import java.nio.file.*;
import java.util.concurrent.*;
import java.util.concurrent.locks.*;

public class Reentrant {
    public static void main(String[] words) throws Exception {
        Lock[] locks = {new ReentrantLock(), new ReentrantLock(), new ReentrantLock()};
        ExecutorService pool = Executors.newFixedThreadPool(3);
        Future<?>[] tickets = new Future<?>[3];
        for (int n = 0; n < 3; n++) {
            int mine = n;
            tickets[n] = pool.submit(() -> {
                locks[mine].lock();
                Thread.sleep(500);
                locks[(mine + 1) % 3].lock();
                return null;
            });
        }
        Thread.sleep(1000);
        say("process " + ProcessHandle.current().pid());
        say("ready");
        for (Future<?> ticket : tickets) ticket.get();
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
