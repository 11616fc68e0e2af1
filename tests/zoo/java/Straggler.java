// invokeAll with six tasks on six threads: five are done, the sixth got the large piece.
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

public class Straggler {
    public static void main(String[] words) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(6);
        List<Callable<Double>> tasks = new ArrayList<>();
        for (int n = 0; n < 6; n++) {
            long size = n == 2 ? Long.MAX_VALUE : 2_000_000;
            tasks.add(() -> {
                double[] table = new double[1000];
                for (long k = 0; k < size; k++) table[(int) (k * 31 % 1000)] += Math.sin(k) * table[(int) (k % 1000)];
                return table[7];
            });
        }
        new Timer(true).schedule(new TimerTask() {
            public void run() {
                try {
                    say("process " + ProcessHandle.current().pid());
                    say("ready");
                } catch (Exception e) {
                    System.exit(9);
                }
            }
        }, 1500);
        pool.invokeAll(tasks);
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
