package io.virtualnode.simulation.protocol;

import java.util.function.Supplier;

/**
 * Something that may happen.
 *
 * @param words what
 * @param progress whether it happens in the end if it can go on happening; false for what goes
 *     wrong and for what people do
 * @param violation what is wrong about it
 */
record Step(Supplier<String> words, State after, boolean progress, Violation violation) {}
